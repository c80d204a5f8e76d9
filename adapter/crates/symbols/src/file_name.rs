//! Names of images and symbol files as targets give them: paths of other machines, in any case, not to be trusted.

/// Files that a kernel is built from: one of them is loaded, always as the module `nt`, and the loader's name for it
/// (`ntoskrnl.exe`) isn't always the one that it was linked under and that stores know.
const KERNELS: [&str; 5] = ["ntoskrnl", "ntkrnlmp", "ntkrnlpa", "ntkrpamp", "ntkrla57"];

/// What the system puts before the name of the copy of a driver that writes dumps (`dump_storahci.sys`).
const DUMP_COPY: &str = "dump_";

/// The last part of a path with `\` or `/` between its parts; `None` where it can't be a file's name on every system,
/// so that a path made of it never leads out of the folder that it is meant to be in.
pub(crate) fn file_name(path: &str) -> Option<&str> {
    let name = path.rsplit(['\\', '/']).next()?;
    let impossible = |character: char| character.is_control() || r#":*?"<>|"#.contains(character);
    (!matches!(name, "" | "." | "..") && !name.contains(impossible)).then_some(name)
}

/// The name without its extension, and the extension.
fn split_extension(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or((name, ""))
}

/// The extension of an image's name, in lower case: `sys`.
pub(crate) fn extension(image_name: &str) -> String {
    split_extension(image_name.rsplit(['\\', '/']).next().unwrap_or_default()).1.to_lowercase()
}

fn is_kernel(stem: &str) -> bool {
    KERNELS.iter().any(|kernel| kernel.eq_ignore_ascii_case(stem))
}

/// The module name that the debuggers give to an image: the file name without extension, what can't be in a name
/// replaced by `_`; the kernel's is always `nt`.
pub(crate) fn module_name(image_name: &str) -> String {
    let name = image_name.rsplit(['\\', '/']).next().unwrap_or_default();
    let (stem, _) = split_extension(name);
    if is_kernel(stem) {
        return "nt".to_owned();
    }
    stem.chars()
        .map(|character| if character.is_alphanumeric() || character == '$' { character } else { '_' })
        .collect()
}

/// The file names under which a copy of the image may be kept, the likeliest first.
pub(crate) fn image_file_names(image_name: &str) -> Vec<String> {
    let Some(name) = file_name(image_name) else { return Vec::new() };
    let mut names = vec![name.to_owned()];
    let (stem, extension) = split_extension(name);
    if is_kernel(stem) {
        names.extend(KERNELS.iter().map(|kernel| format!("{kernel}.{extension}")));
    }
    let original = name.split_at_checked(DUMP_COPY.len()).filter(|(start, _)| start.eq_ignore_ascii_case(DUMP_COPY));
    names.extend(original.map(|(_, original)| original.to_owned()).filter(|original| !original.is_empty()));
    without_repeats(names)
}

/// The file names that the image's PDB may have, where nothing says which it is.
pub(crate) fn symbol_file_names(image_name: &str) -> Vec<String> {
    let names = image_file_names(image_name);
    without_repeats(names.iter().map(|name| format!("{}.pdb", split_extension(name).0)).collect())
}

fn without_repeats(names: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            distinct.push(name);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_names_follow_the_debuggers() {
        for (image, expected) in [
            (r"\SystemRoot\System32\drivers\amdppm.sys", "amdppm"),
            (r"\SystemRoot\system32\ntoskrnl.exe", "nt"),
            ("NTKRNLMP.EXE", "nt"),
            ("ntkrnlpa.exe", "nt"),
            ("Microsoft.Bluetooth.Legacy.LEEnumerator.sys", "Microsoft_Bluetooth_Legacy_LEEnumerator"),
            ("my-driver.sys", "my_driver"),
            ("1394ohci.sys", "1394ohci"),
            ("dump_storahci.sys", "dump_storahci"),
            ("noextension", "noextension"),
            ("/lib/ntdll.dll", "ntdll"),
        ] {
            assert_eq!(module_name(image), expected, "{image}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_file_names() {
        for path in ["", "..", r"..\..", "a/..", r"c:\x\", "x.sys:stream", "a\0b", "c:"] {
            assert_eq!(file_name(path), None, "{path:?}");
        }
        assert_eq!(file_name(r"d:\os\obj\amdppm.pdb"), Some("amdppm.pdb"));
    }

    #[test]
    fn kernels_and_dump_drivers_go_by_several_names() {
        assert_eq!(
            image_file_names(r"\SystemRoot\system32\ntoskrnl.exe"),
            ["ntoskrnl.exe", "ntkrnlmp.exe", "ntkrnlpa.exe", "ntkrpamp.exe", "ntkrla57.exe"]
        );
        assert_eq!(image_file_names("dump_storahci.sys"), ["dump_storahci.sys", "storahci.sys"]);
        assert_eq!(image_file_names("amdppm.sys"), ["amdppm.sys"]);
        assert_eq!(
            symbol_file_names("ntkrnlmp.exe"),
            ["ntkrnlmp.pdb", "ntoskrnl.pdb", "ntkrnlpa.pdb", "ntkrpamp.pdb", "ntkrla57.pdb"]
        );
    }
}
