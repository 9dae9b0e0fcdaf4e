//! Which API is spoken to, and where its credential may be.

use super::profile::Profile;
use super::{Complaint, Environment, File, Flags, chosen};
use crate::api::BaseUrl;
use crate::child::Terminal;
use crate::credentials::keyring::{Slot, WebhookSlot};
use crate::credentials::{Found, Sources, Trouble, webhook};
use crate::domain::secret::Password;
use crate::domain::settings::Environment as World;
use crate::domain::text::SafeText;

/// Which API is spoken to.
#[derive(Debug)]
pub enum Target {
    /// The server that comes with the program, on loopback.
    Sandbox,
    Api(Api),
}

/// An address, and where a credential for it may be. Nothing was looked at yet.
#[derive(Debug)]
pub struct Api {
    /// As [`BaseUrl`] writes it.
    pub base_url: String,
    pub sources: Sources,
    /// Who said the address.
    said_by: String,
    /// The file has a credential that is another address's.
    withheld: bool,
}

impl Api {
    /// Reads the credential. May wait for `token_command` and for the keyring.
    pub fn read(&self, terminal: Terminal) -> Result<Found, Complaint> {
        // What is in the file is not given to this address; the person may take it for the program's mistake.
        const WITHHELD: &str = "the token_command or token_file of the settings belongs to another address and is not \
                                sent to this one; write one of its own below [profiles.NAME], or run `fourpay login`";
        let found = self.sources.read(terminal).map_err(|trouble| {
            let mut complaint = Complaint::from(trouble);
            if self.withheld {
                complaint.fix = format!("{}; {WITHHELD}", complaint.fix);
            }
            complaint
        })?;
        found.ok_or_else(|| Complaint {
            place: self.said_by.clone(),
            problem: "there is an address but no credential".into(),
            fix: match self.withheld {
                true => WITHHELD.into(),
                false => "run `fourpay login`, or set FOURPAY_TOKEN to the API token of your merchant, or use \
                          --sandbox"
                    .into(),
            },
        })
    }
}

impl From<Trouble> for Complaint {
    fn from(trouble: Trouble) -> Complaint {
        Complaint { place: trouble.source.to_string(), problem: trouble.problem, fix: trouble.fix }
    }
}

/// Where a profile's API is, and who says so: flags over environment over file.
pub fn address(
    flags: &Flags,
    environment: &Environment,
    profile: &Profile,
) -> Result<Option<(BaseUrl, String)>, Complaint> {
    let (base_url, said_by) = match (&flags.base_url, &environment.base_url, &profile.base_url) {
        (Some(url), _, _) => (url, "--base-url".to_owned()),
        (None, Some(url), _) => (url, "FOURPAY_BASE_URL".to_owned()),
        (None, None, Some(url)) => (url, format!("profile {}", profile.name)),
        (None, None, None) => return Ok(None),
    };
    let parsed = BaseUrl::parse(base_url).map_err(|why| Complaint {
        place: said_by.clone(),
        problem: format!("the address {} cannot be used: {why}", SafeText::name(base_url)),
        fix: "for example https://api.4pay.cc; http is for 127.0.0.1 and [::1] alone".into(),
    })?;
    // S6. A badge that says PROD must not stand over a connection that anybody on the way can read.
    if !parsed.is_https() && profile.said_environment == Some(World::Production) {
        return Err(Complaint {
            place: said_by,
            problem: "http is for sandboxes, and this profile says environment = \"prod\"".into(),
            fix: "write an address with https, or environment = \"sandbox\"".into(),
        });
    }
    Ok(Some((parsed, said_by)))
}

/// Where a profile's credential may be.
pub fn sources(said: Option<Password>, profile: &Profile, base_url: Option<&BaseUrl>) -> Sources {
    Sources {
        environment: said,
        command: (!profile.token_command.is_empty()).then(|| profile.token_command.clone()),
        file: profile.token_file.clone(),
        slot: base_url.map(|base_url| Slot::new(&profile.name, base_url.as_str())),
    }
}

/// Where that is what a profile's deliveries are signed with. The file is not read where the environment says it.
pub fn webhook_sources(flags: &Flags, environment: Environment) -> Result<webhook::Sources, Complaint> {
    if environment.webhook_secret.is_some() || flags.sandbox {
        return Ok(webhook::Sources { environment: environment.webhook_secret, slot: None });
    }
    let (file, _) = File::load(&environment)?;
    let profile = chosen(flags, &environment, &file)?;
    let address = address(flags, &environment, &profile)?;
    let slot = address.map(|(base_url, _)| WebhookSlot::new(&profile.name, base_url.as_str()));
    Ok(webhook::Sources { environment: None, slot })
}

/// An address makes a real API, no address and no credential the sandbox; a credential alone is a mistake.
pub fn target(flags: &Flags, environment: &mut Environment, profile: &Profile) -> Result<Target, Complaint> {
    if flags.sandbox {
        return Ok(Target::Sandbox);
    }
    let address = address(flags, environment, profile)?;
    let mut sources = sources(environment.token.take(), profile, address.as_ref().map(|(base_url, _)| base_url));
    let mut withheld = profile.withheld;
    // A credential of the file is for the file's address: one that flags or environment name instead does not get it.
    let own = profile.base_url.as_deref().map(BaseUrl::parse);
    if let (Some((base_url, _)), Some(own)) = (&address, own)
        && own.as_ref() != Ok(base_url)
    {
        withheld |= sources.command.is_some() || sources.file.is_some();
        (sources.command, sources.file) = (None, None);
    }
    match (address, sources.first()) {
        (Some((base_url, said_by)), _) => {
            Ok(Target::Api(Api { base_url: base_url.as_str().to_owned(), sources, said_by, withheld }))
        }
        (None, None) => Ok(Target::Sandbox),
        (None, Some(source)) => Err(Complaint {
            place: source.to_string(),
            problem: "there is a credential but no address".into(),
            fix: "set FOURPAY_BASE_URL to the base URL of your environment, for example https://api.4pay.cc".into(),
        }),
    }
}
