//! An hour of each of three people as a shell script, on every dialect.

use std::path::Path;

use fourpay::sandbox::Dialect;

use crate::world::{Answer, PROGRAM, World};

fn script(world: &World, name: &str, arguments: &[&str]) {
    let command = world.command(&[]);
    let mut shell = std::process::Command::new("sh");
    // As somebody has it who installed the program.
    let folder = Path::new(PROGRAM).parent().expect("a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    shell.arg("-x").arg(format!("tests/scripts/{name}.sh")).args(arguments).env_clear().env("PATH", path);
    for (key, value) in command.get_envs() {
        value.map(|value| shell.env(key, value));
    }
    let output = shell.stdin(std::process::Stdio::null()).output().expect("a shell");
    let answer = Answer::of(&output);
    assert_eq!(answer.code, Some(0), "{name}: {}\n{}", answer.error, answer.out);
}

#[test]
fn three_people_have_their_hour() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let folder = world.home.path().join("work");
        std::fs::create_dir(&folder).expect("a folder");
        let folder = folder.to_str().expect("a path");
        let card = world.card();
        script(&world, "support", &[&card.last_four]);
        assert_eq!(world.held(&card.id).status, "active", "{}", dialect.name());
        assert_eq!((world.acts("card_freeze"), world.acts("card_unfreeze")), (1, 1));
        let level = (card.available.trunc() + rust_decimal::Decimal::TEN).to_string();
        let all = world.inventory();
        let rich = |account: &&fourpay::sandbox::HeldAccount| account.available > 1_000.into();
        let from = all.accounts.iter().find(rich).expect("an account with money");
        let same =
            |account: &&fourpay::sandbox::HeldAccount| account.id != from.id && account.currency == from.currency;
        let to = all.accounts.iter().find(same).expect("another account");
        script(&world, "finance", &[&card.id, &level, &from.id, &to.id, folder]);
        assert_eq!(world.acts("account_transfer"), 1, "{}", dialect.name());
        script(&world, "author", &[&card.id, folder]);
        world.conserved();
        world.stop();
    }
}
