//! Where the adapter is that is tested: built once for each test program, beside it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The `kdap` binary of this workspace, in the profile of the running test; or the one that `KDAP_BINARY` names.
///
/// Cargo gives a package's binaries to that package's own tests only, so that this calls Cargo, which has nothing left
/// to do but to look when the workspace was built as a whole.
pub fn kdap() -> &'static Path {
    static KDAP: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("KDAP_BINARY") {
        Some(path) => path.into(),
        None => build(),
    });
    &KDAP
}

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let output = test.ancestors().nth(2).expect("test programs are in TARGET/PROFILE/deps");
    let target = output.parent().expect("PROFILE is in TARGET");
    let profile = match output.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(profile) => profile,
        None => panic!("{} is no profile's folder", output.display()),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--package", "kdap", "--bin", "kdap"]);
    command.args(["--profile", profile, "--target-dir"]).arg(target);
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
    output.join(format!("kdap{}", std::env::consts::EXE_SUFFIX))
}
