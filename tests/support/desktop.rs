//! A person's session without a screen: a message bus of its own, and a keyring on it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A message bus that ends with the test, and takes the keyring on it along.
pub struct Desktop {
    bus: Child,
    variables: Vec<(String, String)>,
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// Folders of a home of its own, and no variable that leads out of it.
pub fn homely(home: &Path) -> Vec<(String, String)> {
    let folder = |name: &str| {
        let path = home.join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        path.display().to_string()
    };
    let mut variables = vec![
        ("HOME".to_owned(), home.display().to_string()),
        ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
    ];
    for (name, place) in [("XDG_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache")] {
        variables.push((name.to_owned(), folder(place)));
    }
    variables.push(("XDG_CONFIG_HOME".to_owned(), folder(".config")));
    variables.push(("XDG_STATE_HOME".to_owned(), folder("state")));
    variables
}

impl Desktop {
    /// A bus with nothing on it, and no service that would be started by asking for it.
    pub fn without_keyring(home: &Path) -> Desktop {
        let mut variables = homely(home);
        let config = home.join("bus.conf");
        let listen = format!("<listen>unix:path={}</listen>", home.join("bus").display());
        let text = "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
                    <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>";
        let text = format!("<busconfig><type>session</type>{listen}{text}</busconfig>");
        std::fs::write(&config, text).expect("a configuration of the bus");
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address=1"])
            .env_clear()
            .envs(variables.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon (see .ci/packages)");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("its output")).read_line(&mut address).expect("its address");
        variables.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address.trim().to_owned()));
        Desktop { bus, variables }
    }

    /// A bus with a Secret Service whose keyring was opened with a password.
    pub fn with_keyring(home: &Path) -> Desktop {
        Desktop::without_keyring(home).with_service("--unlock")
    }

    /// A bus with a Secret Service whose keyring nobody has opened.
    pub fn with_locked_keyring(home: &Path) -> Desktop {
        Desktop::without_keyring(home).with_service("--daemonize")
    }

    fn with_service(self, how: &str) -> Desktop {
        let mut keyring = self
            .command("gnome-keyring-daemon")
            .args([how, "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon (see .ci/packages)");
        keyring.stdin.take().expect("its input").write_all(b"a password").unwrap_or_default();
        assert!(keyring.wait().expect("it ends when its daemon runs").success());
        // The daemon takes its name on the bus a moment after that.
        let there =
            self.command("gdbus").args(["wait", "--session", "--timeout", "30", "org.freedesktop.secrets"]).status();
        assert!(there.expect("gdbus (see .ci/packages)").success());
        self
    }

    /// What a program needs to know to be in this session, and nothing else.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().cloned());
        command
    }
}
