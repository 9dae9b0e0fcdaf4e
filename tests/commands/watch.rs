//! `fourpay watch`: at least once, in order, also across restarts.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fourpay::sandbox::{Dialect, Fault, Happening, Options, Quirk, Quirks, Rule};
use serde_json::Value;

use crate::faults::{end, signal, until};
use crate::schemas::check;
use crate::world::{Answer, World, small};

/// A program that writes down what it was given, after whatever `first` does.
fn hook(world: &World, first: &str) -> PathBuf {
    let (path, log) = (world.home.path().join("hook"), world.home.path().join("told"));
    fs::write(&path, format!("#!/bin/sh\nevent=$(cat)\n{first}\nprintf '%s\\n' \"$event\" >> '{}'\n", log.display()))
        .expect("a hook");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    path
}

fn told(world: &World) -> Vec<Value> {
    let text = fs::read_to_string(world.home.path().join("told")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("an event")).inspect(check).collect()
}

fn buy(world: &World, amount: &str) -> String {
    let card = world.card().id;
    world
        .sandbox
        .happen(Happening::Purchase { card, amount: amount.into(), settle_after_ms: None })
        .expect("a purchase")
}

fn watch(world: &World, more: &[&str]) -> Command {
    world.command(&[&["watch", "--every", "1"], more].concat())
}

/// Starts it and waits until what is there was read.
fn started(world: &World, mut command: Command) -> Child {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    until("both feeds were read", || {
        let text = cursor(world);
        text.contains(r#""feed":"cards""#) && text.contains(r#""feed":"accounts""#)
    });
    child
}

fn cursor(world: &World) -> String {
    let folder = world.home.path().join(".local/state/fourpay");
    let found =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path().join("watch-default.jsonl"));
    found.filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// What was there is not told; what comes is, once for each status, on every dialect and where lists are the other way round.
#[test]
fn what_comes_is_told_once_for_each_status() {
    let quirks = [Quirk::OldestFirst, Quirk::ClampedLimit, Quirk::IgnoredFilters, Quirk::UnstableOrder];
    let others = quirks.map(|quirk| Options { quirks: Quirks::of(&[quirk]), ..small(Dialect::Documented) });
    for options in Dialect::ALL.into_iter().map(small).chain(others) {
        let said = format!("{:?} {:?}", options.dialect, options.quirks);
        let world = World::of(options);
        let program = hook(&world, "");
        let child =
            started(&world, watch(&world, &["--when", "type:purchase", "--exec", program.to_str().expect("a path")]));
        let bought = buy(&world, "3.21");
        until(&format!("it is told ({said})"), || told(&world).len() == 1);
        world.sandbox.happen(Happening::Settle { transaction: bought.clone() }).expect("settled");
        until(&format!("it is told that it was settled ({said})"), || told(&world).len() == 2);
        buy(&world, "4.56");
        until(&format!("the next is told ({said})"), || told(&world).len() == 3);
        signal(&child, "TERM");
        end(child).is(143);
        let told = told(&world);
        for event in &told {
            assert_eq!((&event["repeated"], &event["attempt"]), (&false.into(), &1.into()), "{said}: {event}");
        }
        let id = |at: usize| told[at]["id"].as_str().expect("an id");
        assert!(id(0).starts_with(&format!("cards/{bought}/")) && id(1).starts_with(&format!("cards/{bought}/")));
        assert_ne!(id(0), id(1), "{said}");
        assert_eq!(told[1]["previous_status"], told[0]["transaction"]["status"], "{said}");
        assert_eq!(told[2]["transaction"]["amount"]["amount"], "-4.56", "{said}");
        world.stop();
    }
}

/// What was being told when the watch was killed comes again, as repeated, and nothing that came meanwhile is lost.
#[test]
fn killed_while_the_program_runs_it_comes_again() {
    let world = World::rich();
    let program = hook(&world, "echo $$ > \"$0.pid\"; [ -e \"$0.quick\" ] || sleep 600");
    let arguments = ["--when", "type:purchase", "--exec", program.to_str().expect("a path")];
    let mut child = started(&world, watch(&world, &arguments));
    buy(&world, "1.00");
    until("the program runs", || fs::metadata(program.with_extension("pid")).is_ok());
    child.kill().expect("killed");
    child.wait().expect("it ends");
    buy(&world, "2.00");
    fs::write(program.with_extension("quick"), "").expect("a file");
    let child = watch(&world, &arguments).stderr(Stdio::piped()).spawn().expect("it starts");
    until("both are told", || told(&world).len() == 2);
    signal(&child, "INT");
    end(child).is(130);
    let told = told(&world);
    let seen: Vec<_> =
        told.iter().map(|event| (&event["repeated"], &event["transaction"]["amount"]["amount"])).collect();
    assert_eq!(seen, [(&true.into(), &"-1.00".into()), (&false.into(), &"-2.00".into())]);
    // Once more, and there is nothing to tell.
    let mut again = arguments.to_vec();
    again.push("--once");
    Answer::of(&watch(&world, &again).output().expect("it runs")).is(0);
    assert_eq!(self::told(&world).len(), 2);
}

/// A program that fails is given the event again; the next waits for it. With `--attempts` it is passed over, and said to be.
#[test]
fn a_program_that_fails_is_given_it_again() {
    let world = World::rich();
    let program = hook(&world, "[ -e \"$0.well\" ] || { echo 'no room at the inn' >&2; touch \"$0.well\"; exit 3; }");
    let arguments = ["--exec", program.to_str().expect("a path"), "--when", "type:purchase"];
    let child = started(&world, watch(&world, &arguments));
    let first = buy(&world, "1.00");
    until("it has failed", || program.with_extension("well").exists());
    let second = buy(&world, "2.00");
    until("both are told", || told(&world).len() == 2);
    signal(&child, "TERM");
    end(child).is(143).says("ended with exit status: 3: no room at the inn; tried again in 1 s");
    let seen = told(&world);
    assert!(seen[0]["id"].as_str().expect("an id").contains(&first), "in order");
    assert_eq!((&seen[0]["repeated"], &seen[0]["attempt"]), (&true.into(), &2.into()));
    assert!(seen[1]["id"].as_str().expect("an id").contains(&second));
    assert_eq!((&seen[1]["repeated"], &seen[1]["attempt"]), (&false.into(), &1.into()));
    buy(&world, "3.00");
    let never = ["--exec", "/bin/false", "--when", "type:purchase", "--attempts", "2", "--once"];
    Answer::of(&watch(&world, &never).output().expect("it runs")).is(7).says("is passed over after 2 attempts");
    let nobody = ["--exec", "/nonexistent/x", "--once", "--name", "other"];
    Answer::of(&watch(&world, &nobody).output().expect("it runs")).is(2).says("is no program that can be run");
}

/// A second watch of one name is refused, and so is another filter or address under that name.
#[test]
fn a_name_is_one_watch() {
    let world = World::rich();
    let child = started(&world, watch(&world, &["--jsonl"]));
    Answer::of(&watch(&world, &[]).output().expect("it runs")).is(9).says("is running already");
    Answer::of(&watch(&world, &["--once", "--name", "other"]).output().expect("it runs")).is(0);
    signal(&child, "TERM");
    end(child).is(143);
    let refused = watch(&world, &["--when", "declined", "--once", "--jsonl"]).output().expect("it runs");
    let refused = Answer::of(&refused).is(9).says("was begun with another filter (none)");
    assert_eq!(refused.out, "", "no line that is no event");
    let other = World::rich();
    let mut elsewhere = watch(&world, &["--once"]);
    elsewhere.env("FOURPAY_BASE_URL", other.sandbox.base_url()).env("FOURPAY_TOKEN", other.sandbox.token());
    Answer::of(&elsewhere.output().expect("it runs")).is(9).says("another address");
    Answer::of(&watch(&world, &["--name", "../x"]).output().expect("it runs")).is(2);
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = fs::read_dir(world.home.path().join(".local/state/fourpay")).expect("a folder").flatten();
    let folder =
        folder.map(|entry| entry.path()).find(|path| path.join("watch-default.jsonl").exists()).expect("cursors");
    assert_eq!((mode(&folder), mode(&folder.join("watch-default.jsonl"))), (0o700, 0o600));
}

/// Lines of events; whoever stops reading loses nothing.
#[test]
fn a_pipe_that_closes_loses_nothing() {
    let world = World::rich();
    let mut child = started(&world, watch(&world, &["--jsonl", "--when", "type:purchase"]));
    buy(&world, "1.00");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let first: Value = serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("an event");
    check(&first);
    drop(lines);
    buy(&world, "2.00");
    end(child).is(0);
    let rest = Answer::of(&watch(&world, &["--jsonl", "--when", "type:purchase", "--once"]).output().expect("it runs"));
    let events: Vec<Value> = rest.is(0).out.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["transaction"]["amount"]["amount"], "-2.00");
    assert_eq!(events[0]["repeated"], true, "it may have been read");
}

/// A feed that cannot be read is said and tried again; what came meanwhile is told when it can be read.
#[test]
fn a_feed_that_fails_is_said_and_read_later() {
    let world = World::rich();
    let broken = || Fault::Status { code: 403, body: String::new() };
    world.rule(Rule::next("card_transactions", broken()).times(2));
    let program = hook(&world, "");
    let arguments = ["--exec", program.to_str().expect("a path"), "--when", "type:purchase"];
    let child = started(&world, watch(&world, &arguments));
    buy(&world, "5.00");
    until("it is told", || told(&world).len() == 1);
    signal(&child, "TERM");
    end(child).is(143).says("incomplete: ").says("everything can be read again");
    world.rule(Rule::next("card_transactions", broken()).times(1));
    Answer::of(&watch(&world, &[&arguments[..], &["--once"]].concat()).output().expect("it runs")).is(7);
}

/// What comes between the first start and the first read that succeeds is new; what was there before is not, even where it
/// is only known later whose each card is.
#[test]
fn what_comes_before_the_first_read_is_not_lost() {
    let world = World::rich();
    let refused = || Fault::Status { code: 403, body: String::new() };
    for feed in ["card_transactions", "account_transactions"] {
        world.rule(Rule::next(feed, refused()).times(1));
    }
    let arguments = ["--jsonl", "--once", "--when", "type:purchase"];
    let once = || Answer::of(&watch(&world, &arguments).output().expect("it runs"));
    assert_eq!(once().is(7).out, "");
    buy(&world, "8.00");
    let came = once().is(0).out;
    assert_eq!(came.lines().count(), 1, "{came}");
    assert!(came.contains("-8.00"));
    // People cannot be read at first: what fits only later was there all the same.
    world.rule(Rule::next("cardholder_list", refused()).times(1));
    let by_holder = ["--jsonl", "--once", "--name", "holder", "--when", "holder:a"];
    let first = Answer::of(&watch(&world, &by_holder).output().expect("it runs"));
    assert_eq!((first.code, first.out.as_str()), (Some(7), ""), "{}", first.error);
    let second = Answer::of(&watch(&world, &by_holder).output().expect("it runs")).is(0);
    assert_eq!(second.out, "", "no flood of old rows");
}

/// A server that hangs keeps nobody from ending it.
#[test]
fn a_signal_ends_it_while_a_read_hangs() {
    let world = World::rich();
    let child = started(&world, watch(&world, &["--jsonl"]));
    world.rule(Rule::next("*", Fault::HangBefore).always());
    std::thread::sleep(std::time::Duration::from_secs(2));
    let began = std::time::Instant::now();
    signal(&child, "TERM");
    end(child).is(143);
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Without a program it prints a line for people; the first time it may begin earlier.
#[test]
fn it_prints_a_line_for_people() {
    let world = World::rich();
    let old = world.run(&["transactions", "--since", "2d", "--json"]).is(0).json()["count"].as_u64().expect("a count");
    let answer = world.run(&["watch", "--once", "--since", "2d"]).is(0);
    assert_eq!(answer.out.lines().count() as u64, old);
    assert!(old > 0);
    buy(&world, "7.77");
    world.run(&["watch", "--once"]).is(0).says("7.77 USD");
    world.run(&["watch", "--when", "amount:>>", "--once"]).is(2);
}
