//! The demo merchant's cast: names, merchants, BINs, the words on cards. Data, and how to pick from it.
//!
//! The BINs are those of the networks' published test numbers; no person here exists.

/// What a card is used for; decides its name, its merchants and how often it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Office,
    Ads,
    Travel,
    Euro,
}

pub struct Merchant {
    pub name: &'static str,
    /// Merchant category code, ISO 18245.
    pub mcc: &'static str,
    pub country: &'static str,
    pub theme: Theme,
    /// Smallest and largest charge in cents.
    pub cents: (u32, u32),
    /// Charges come in whole units, as prepaid advertising does.
    pub round: bool,
}

const fn at(
    theme: Theme,
    name: &'static str,
    mcc: &'static str,
    country: &'static str,
    least: u32,
    most: u32,
) -> Merchant {
    Merchant { name, mcc, country, theme, cents: (least, most), round: matches!(theme, Theme::Ads) }
}

pub const MERCHANTS: &[Merchant] = &[
    at(Theme::Office, "Blue Bottle Coffee", "5814", "US", 420, 2_890),
    at(Theme::Office, "GitHub", "5734", "US", 400, 21_000),
    at(Theme::Office, "Amazon Web Services", "7372", "US", 1_240, 98_000),
    at(Theme::Office, "Figma", "5734", "US", 1_500, 22_500),
    at(Theme::Office, "Notion Labs", "5734", "US", 1_000, 16_000),
    at(Theme::Office, "Slack", "4816", "US", 875, 43_750),
    at(Theme::Office, "Zoom", "4814", "US", 1_499, 14_990),
    at(Theme::Office, "Staples", "5943", "US", 899, 24_500),
    at(Theme::Office, "FedEx", "4215", "US", 1_120, 12_400),
    at(Theme::Office, "Whole Foods Market", "5411", "US", 640, 18_900),
    at(Theme::Office, "WeWork", "6513", "US", 9_900, 75_000),
    at(Theme::Office, "Datadog", "7372", "US", 2_300, 64_000),
    at(Theme::Office, "Apple Store", "5732", "US", 2_900, 129_900),
    at(Theme::Office, "Sweetgreen", "5812", "US", 1_295, 9_400),
    at(Theme::Ads, "Meta Ads", "7311", "IE", 2_500, 90_000),
    at(Theme::Ads, "Google Ads", "7311", "IE", 5_000, 80_000),
    at(Theme::Ads, "TikTok Ads", "7311", "SG", 2_000, 60_000),
    at(Theme::Ads, "Microsoft Advertising", "7311", "US", 3_000, 40_000),
    at(Theme::Ads, "LinkedIn Ads", "7311", "IE", 4_000, 55_000),
    at(Theme::Ads, "X Ads", "7311", "US", 1_000, 25_000),
    at(Theme::Ads, "Pinterest Ads", "7311", "US", 1_000, 20_000),
    at(Theme::Ads, "Canva", "7333", "AU", 1_300, 12_900),
    at(Theme::Travel, "Uber", "4121", "US", 740, 6_400),
    at(Theme::Travel, "Lufthansa", "3008", "DE", 12_900, 98_000),
    at(Theme::Travel, "Delta Air Lines", "3058", "US", 14_500, 112_000),
    at(Theme::Travel, "Booking.com", "7011", "NL", 8_900, 84_000),
    at(Theme::Travel, "Hilton Garden Inn", "3604", "US", 12_900, 64_000),
    at(Theme::Travel, "Airbnb", "6513", "US", 9_500, 72_000),
    at(Theme::Travel, "JR East", "4112", "JP", 180, 14_200),
    at(Theme::Travel, "Trainline", "4112", "GB", 1_250, 16_800),
    at(Theme::Travel, "Pret A Manger", "5814", "GB", 390, 2_450),
    at(Theme::Travel, "Heathrow Express", "4111", "GB", 1_650, 5_000),
    at(Theme::Travel, "スターバックス 新宿", "5814", "JP", 350, 1_800),
    at(Theme::Euro, "Hetzner Online", "7372", "DE", 480, 38_900),
    at(Theme::Euro, "OVHcloud", "7372", "FR", 599, 28_000),
    at(Theme::Euro, "Deutsche Bahn", "4112", "DE", 1_790, 21_900),
    at(Theme::Euro, "REWE", "5411", "DE", 420, 8_900),
    at(Theme::Euro, "Café Müller", "5814", "DE", 290, 2_400),
    at(Theme::Euro, "Deutsche Post", "9402", "DE", 85, 4_900),
    at(Theme::Euro, "IKEA Berlin", "5712", "DE", 1_990, 64_000),
    at(Theme::Euro, "Boulangerie Léa", "5462", "FR", 180, 2_100),
    at(Theme::Euro, "Vueling", "3245", "ES", 4_900, 32_000),
];

pub struct Bin {
    pub digits: &'static str,
    pub network: &'static str,
    pub country: &'static str,
    pub tokenizations: &'static [&'static str],
    /// Which category it is in.
    pub category: u32,
    pub tags: &'static [&'static str],
}

pub const BINS: &[Bin] = &[
    Bin {
        digits: "411111",
        network: "visa",
        country: "US",
        tokenizations: &["apple_pay", "google_pay"],
        category: 1,
        tags: &["general"],
    },
    Bin {
        digits: "555555",
        network: "mastercard",
        country: "GB",
        tokenizations: &["apple_pay"],
        category: 1,
        tags: &["general", "travel"],
    },
    Bin { digits: "453957", network: "visa", country: "HK", tokenizations: &[], category: 2, tags: &["advertising"] },
    Bin {
        digits: "510510",
        network: "mastercard",
        country: "LT",
        tokenizations: &["apple_pay", "google_pay"],
        category: 3,
        tags: &["eur"],
    },
];

/// First and last names; the e-mail is made from the third, which is ASCII.
pub const PEOPLE: &[(&str, &str, &str)] = &[
    ("Ana", "Silva", "ana.silva"),
    ("Bo", "Lind", "bo.lind"),
    ("María José", "Núñez", "maria.nunez"),
    ("陳", "美玲", "chen.meiling"),
    ("Oluwaseun", "Adeyemi", "seun.adeyemi"),
    ("Søren", "Østergård", "soren.ostergard"),
    ("Priya", "Raghavan", "priya.raghavan"),
    ("Zoë", "van der Berg", "zoe.vanderberg"),
    ("Łukasz", "Wójcik", "lukasz.wojcik"),
    ("Aisha", "Rahman", "aisha.rahman"),
    ("Jean-Luc", "Moreau", "jeanluc.moreau"),
    ("Yuki", "Tanaka", "yuki.tanaka"),
    ("Siobhán", "O'Connor", "siobhan.oconnor"),
    ("Mateo", "Fernández", "mateo.fernandez"),
    ("Ingrid", "Haugen", "ingrid.haugen"),
    ("Tomáš", "Dvořák", "tomas.dvorak"),
    ("Chiara", "Bianchi", "chiara.bianchi"),
    ("Nguyễn", "Thị Lan", "lan.nguyen"),
    ("Daniel", "Okafor", "daniel.okafor"),
    ("Elif", "Yılmaz", "elif.yilmaz"),
    ("Grace", "Kim", "grace.kim"),
    ("Héloïse", "Dubois", "heloise.dubois"),
    ("Marcus", "Webb", "marcus.webb"),
    ("Олена", "Коваленко", "olena.kovalenko"),
    ("Ravi", "Menon", "ravi.menon"),
    ("Freya", "Lindqvist", "freya.lindqvist"),
    ("Omar", "Haddad", "omar.haddad"),
    ("Beatriz", "Costa", "beatriz.costa"),
    ("Kwame", "Mensah", "kwame.mensah"),
    ("Hannah", "Fischer", "hannah.fischer"),
    ("Luca", "Romano", "luca.romano"),
    ("Noa", "Levi", "noa.levi"),
    ("Ethan", "Brooks", "ethan.brooks"),
    ("Katarína", "Horváthová", "katarina.horvathova"),
    ("Diego", "Ramírez", "diego.ramirez"),
    ("Emma", "Johansson", "emma.johansson"),
    ("Jonas", "Weber", "jonas.weber"),
    ("Leila", "Farahani", "leila.farahani"),
    ("Sam", "Taylor", "sam.taylor"),
    ("Wei", "Zhang", "wei.zhang"),
];

/// What teams write on their cards.
pub fn card_names(theme: Theme) -> &'static [&'static str] {
    match theme {
        Theme::Office => &[
            "Marketing Q1",
            "AWS production",
            "Figma seats",
            "🚀 Growth team",
            "Office Lisbon",
            "Coffee & snacks",
            "GitHub Enterprise",
            "Data team",
            "Contractor kit",
            "Support tools",
            "Events",
            "Design",
        ],
        Theme::Ads => &[
            "Ads FB",
            "Google Ads US",
            "TikTok spring",
            "Retargeting",
            "Brand search",
            "LinkedIn leads",
            "Ads FB LATAM",
            "Bing test",
        ],
        Theme::Travel => &["Travel", "Field sales", "東京 office", "Conference", "Flights", "Hotels", "Roadshow"],
        Theme::Euro => &["Büro Berlin", "Serveur Paris", "Hetzner", "Messe München", "Équipe produit", "Reisekosten"],
    }
}

/// The accounts a merchant begins with: name, theme, whether in euro. More than these repeat with a number.
pub const ACCOUNTS: [(&str, Theme); 4] =
    [("Main", Theme::Office), ("Ads", Theme::Ads), ("Travel", Theme::Travel), ("Euro", Theme::Euro)];
