//! Symbol and image paths as the Windows debuggers write them (MS-documented "Symbol path", "Advanced SymSrv use").
//!
//! ```text
//! path     element ; element ; ...            empty ones don't count; "quotes" keep a ; in a folder's name
//! element  folder
//!          cache*folder                       what is right of it gets copied to that folder: a store
//!          srv*store*store*...*server         near stores first; srv** is the default store
//!          symsrv*symsrv.dll*store*...        the same in full
//! store    folder, \\server\share, http(s)://server/path, or nothing: the default store
//! ```

use std::fmt;
use std::path::PathBuf;

/// A symbol path or image path. Every text is one: what isn't understood is kept as [`PathElement::Unknown`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SymbolPath {
    /// The elements, in the order in which they are searched.
    pub elements: Vec<PathElement>,
}

/// What stands between two semicolons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathElement {
    /// A folder, whose files may lie in it, in the sub-folders of a symbol tree, or as in a symbol store.
    Folder(StoreLocation),
    /// `cache*folder`: a store.
    Cache(StoreLocation),
    /// `srv*...`: stores, the nearest first.
    Server {
        /// The library that is to do the work, where the long form (`symsrv*symsrv.dll*`) names one.
        library: Option<String>,
        /// The stores.
        stores: Vec<StoreLocation>,
    },
    /// Text with a `*` whose first word isn't known.
    Unknown(String),
}

/// Where a store or folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// Left empty: the debugger's default store.
    Default,
    /// On this machine.
    Local(PathBuf),
    /// On another one: an `http(s)` address, or `\\server\share`.
    Network(String),
}

impl SymbolPath {
    /// Reads a path.
    pub fn parse(text: &str) -> Self {
        let elements = split(text, ';').into_iter().filter(|element| !element.is_empty()).map(parse_element).collect();
        Self { elements }
    }

    /// This path with the elements of `more` behind (`.sympath+`).
    #[must_use]
    pub fn followed_by(mut self, more: Self) -> Self {
        self.elements.extend(more.elements);
        self
    }
}

/// The parts of `text` between the `separator`s that aren't in quotes, without the quotes and outer blanks.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        if character == '"' {
            quoted = !quoted;
        } else if character == separator && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

fn parse_element(text: String) -> PathElement {
    let Some((kind, rest)) = text.split_once('*') else { return PathElement::Folder(parse_location(&text)) };
    let stores = |text: &str| text.split('*').map(|store| parse_location(store.trim())).collect();
    match kind.trim().to_ascii_lowercase().as_str() {
        "srv" => PathElement::Server { library: None, stores: stores(rest) },
        "symsrv" => {
            let (library, rest) = rest.split_once('*').unwrap_or((rest, ""));
            PathElement::Server { library: Some(library.trim().to_owned()), stores: stores(rest) }
        }
        "cache" => PathElement::Cache(parse_location(rest.trim())),
        _ => PathElement::Unknown(text),
    }
}

fn parse_location(text: &str) -> StoreLocation {
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        StoreLocation::Default
    } else if lower.starts_with("http://") || lower.starts_with("https://") || is_share(text) {
        StoreLocation::Network(text.to_owned())
    } else {
        StoreLocation::Local(local_path(text))
    }
}

/// `\\server\share` and `\\?\UNC\server\share`, but not `\\?\C:\folder`. Where `/` separates folders, two of them at
/// the start are nothing special.
pub(crate) fn is_share(text: &str) -> bool {
    let native = if cfg!(windows) { text.replace('/', "\\") } else { text.to_owned() };
    let Some(name) = native.strip_prefix(r"\\") else { return false };
    let drive = name.strip_prefix(r"?\").and_then(|local| local.split_once(':'));
    drive.is_none_or(|(letter, _)| letter.len() != 1)
}

/// Launch configurations are shared between systems: where `\` doesn't separate folders, a path that is written with
/// nothing else means what it means on Windows.
fn local_path(text: &str) -> PathBuf {
    let foreign = !cfg!(windows) && text.contains('\\') && !text.contains('/');
    PathBuf::from(if foreign { text.replace('\\', "/") } else { text.to_owned() })
}

impl fmt::Display for SymbolPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, element) in self.elements.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            let text = element.to_string();
            let quote = if text.contains(';') { "\"" } else { "" };
            write!(f, "{separator}{quote}{text}{quote}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{folder}"),
            Self::Cache(folder) => write!(f, "cache*{folder}"),
            Self::Server { library, stores } => {
                match library {
                    None => f.write_str("srv")?,
                    Some(library) => write!(f, "symsrv*{library}")?,
                }
                stores.iter().try_for_each(|store| write!(f, "*{store}"))
            }
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::Network(address) => f.write_str(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(path: &str) -> StoreLocation {
        StoreLocation::Local(path.into())
    }

    fn network(address: &str) -> StoreLocation {
        StoreLocation::Network(address.into())
    }

    fn server(stores: Vec<StoreLocation>) -> PathElement {
        PathElement::Server { library: None, stores }
    }

    #[track_caller]
    fn check(text: &str, expected: &[PathElement]) {
        let path = SymbolPath::parse(text);
        assert_eq!(path.elements, expected, "{text}");
        assert_eq!(SymbolPath::parse(&path.to_string()), path, "written and read again: {path}");
    }

    // The texts are the documentation's examples ("Advanced SymSrv use", "Symbol path for Windows debuggers"), with
    // folders that mean the same on every system.
    #[test]
    fn servers_have_stores_from_near_to_far() {
        let far = network("https://msdl.microsoft.com/download/symbols");
        check("srv*https://msdl.microsoft.com/download/symbols", &[server(vec![far.clone()])]);
        check("SRV*/syms*https://msdl.microsoft.com/download/symbols", &[server(vec![local("/syms"), far.clone()])]);
        check(
            r"srv*/near*\\NearbyServer\store*https://msdl.microsoft.com/download/symbols",
            &[server(vec![local("/near"), network(r"\\NearbyServer\store"), far.clone()])],
        );
        check("srv**https://msdl.microsoft.com/download/symbols", &[server(vec![StoreLocation::Default, far.clone()])]);
        check("srv*", &[server(vec![StoreLocation::Default])]);
        let library = Some("symsrv.dll".to_owned());
        check(
            "symsrv*symsrv.dll*/local*https://msdl.microsoft.com/download/symbols",
            &[PathElement::Server { library: library.clone(), stores: vec![local("/local"), far] }],
        );
        check("symsrv*symsrv.dll", &[PathElement::Server { library, stores: vec![StoreLocation::Default] }]);
    }

    #[test]
    fn elements_are_separated_by_semicolons() {
        let folder = |path| PathElement::Folder(local(path));
        check(" /a ;; /b c;", &[folder("/a"), folder("/b c")]);
        check("", &[]);
        check("\"/with;semicolon\";/b", &[folder("/with;semicolon"), folder("/b")]);
        check("cache*/c;srv*HTTP://x", &[PathElement::Cache(local("/c")), server(vec![network("HTTP://x")])]);
        check("cache*", &[PathElement::Cache(StoreLocation::Default)]);
        check("what*/is*this", &[PathElement::Unknown("what*/is*this".into())]);
    }

    #[test]
    fn shares_are_on_the_network_and_long_local_paths_are_not() {
        check(r"\\server\share\symbols", &[PathElement::Folder(network(r"\\server\share\symbols"))]);
        check(r"\\?\UNC\server\share", &[PathElement::Folder(network(r"\\?\UNC\server\share"))]);
        assert!(!is_share(r"\\?\C:\symbols"));
        assert!(!is_share("/symbols"));
    }

    #[cfg(not(windows))]
    #[test]
    fn a_path_with_nothing_but_backslashes_is_understood_everywhere() {
        check(r"..\shared\symbols", &[PathElement::Folder(local("../shared/symbols"))]);
    }
}
