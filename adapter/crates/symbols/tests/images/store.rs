//! What is found along a symbol path, what is refused, and what the log says of it.

use crate::folder::{Folder, cabinet};
use crate::pe_builder::*;
use crate::sample::sample;
use std::time::Instant;
use symbols::{ImageIdentity, Match, Mismatch, Outcome, SearchLog, SymbolPath, SymbolSearch};

const TIME_DATE_STAMP: u32 = 0x0bad_cafe;

/// An image whose key needs its padding: `0BADCAFE2000`.
fn image() -> Vec<u8> {
    let mut builder = PeBuilder::new(X64);
    builder.time_date_stamp = TIME_DATE_STAMP;
    builder.section(".text", CODE, vec![0xcc; 0x20]);
    builder.build()
}

fn identity() -> ImageIdentity {
    ImageIdentity { time_date_stamp: TIME_DATE_STAMP, size_of_image: 0x2000, check_sum: 0x1_2345 }
}

fn search(symbol_path: &str) -> SymbolSearch {
    SymbolSearch::new(SymbolPath::parse(symbol_path), SymbolPath::default())
}

/// Looks for `Driver.sys`: where it was found below the folder, and the log.
fn find(folder: &Folder, path: &str) -> (Option<String>, SearchLog) {
    let mut log = SearchLog::default();
    let found = search(path).find_image(r"\SystemRoot\System32\Driver.sys", Some(&identity()), false, &mut log);
    let relative = found.map(|found| {
        let path = found.file.path().strip_prefix(folder.path()).unwrap();
        path.to_str().unwrap().replace('\\', "/")
    });
    (relative, log)
}

/// Whether the image is found in a folder where it lies at `place`.
#[track_caller]
fn check(place: &str) {
    let folder = Folder::with(&[(place, &image())]);
    let (found, log) = find(&folder, &folder.text());
    assert_eq!(found.as_deref(), Some(place), "{log:#?}");
    assert_eq!(log.attempts.last().map(|attempt| &attempt.outcome), Some(&Outcome::Used(Match::Exact)));
}

#[test]
fn a_folder_is_searched_as_a_folder_and_as_a_symbol_tree() {
    check("Driver.sys");
    check("DRIVER.SYS");
    check("sys/driver.sys");
    check("symbols/sys/Driver.sys");
    check("Symbols/SYS/driver.sys");
}

#[test]
fn a_store_is_searched_by_key_in_any_spelling() {
    check("Driver.sys/0BADCAFE2000/Driver.sys");
    check("driver.sys/0badcafe2000/driver.sys");
    check("DRIVER.SYS/badcafe2000/Driver.SYS");
    check("Driver.sys/BADCAFE2000/Driver.sys");
}

#[test]
fn three_tiers_need_their_mark() {
    let place = "Dr/Driver.sys/0BADCAFE2000/Driver.sys";
    let folder = Folder::with(&[(place, &image())]);
    let store = format!("srv*{}", folder.text());
    assert_eq!(find(&folder, &store).0, None);
    folder.put("index2.txt", b"");
    assert_eq!(find(&folder, &store).0.as_deref(), Some(place));
    let folder = Folder::with(&[("INDEX2.TXT", b""), ("dR/driver.SYS/badcafe2000/driver.sys", &image())]);
    assert!(find(&folder, &folder.text()).0.is_some());
}

#[test]
fn only_stores_are_asked_for_by_key_alone() {
    let folder = Folder::with(&[("Driver.sys", &image())]);
    for element in ["srv*", "cache*", "symsrv*symsrv.dll*"] {
        assert_eq!(find(&folder, &format!("{element}{}", folder.text())).0, None, "{element}");
    }
    let place = "Driver.sys/0BADCAFE2000/Driver.sys";
    let folder = Folder::with(&[(place, &image())]);
    let near = Folder::new();
    for element in ["srv*", "cache*", "symsrv*symsrv.dll*", "srv**", &format!("srv*{}*", near.text())] {
        assert_eq!(find(&folder, &format!("{element}{}", folder.text())).0.as_deref(), Some(place), "{element}");
    }
}

#[test]
fn compressed_members_are_unpacked() {
    let packed = cabinet("driver.sys", &image());
    for place in ["Driver.sys/0BADCAFE2000/Driver.sy_", "Driver.sys/0BADCAFE2000/DRIVER.SY_", "driver.sy_"] {
        let folder = Folder::with(&[(place, &packed)]);
        assert_eq!(find(&folder, &folder.text()).0.as_deref(), Some(place));
    }
    let mut damaged = packed.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    for (bytes, reason) in [
        (&image()[..], "can't be unpacked: not a cabinet (MSCF)"),
        (&damaged, "can't be unpacked: "),
        (&packed[..packed.len() - 9], "can't be unpacked: "),
        (b"MS", "can't be unpacked: "),
    ] {
        let folder = Folder::with(&[("Driver.sys/0BADCAFE2000/Driver.sy_", bytes)]);
        let (found, log) = find(&folder, &folder.text());
        assert_eq!(found, None);
        let said = |outcome: &Outcome| matches!(outcome, Outcome::Unreadable(text) if text.starts_with(reason));
        assert!(log.attempts.iter().any(|attempt| said(&attempt.outcome)), "{reason}: {log:#?}");
    }
}

#[test]
fn a_symbol_file_is_found_and_checked_by_guid_and_age() {
    let (sample, other) = (sample("O0"), sample("O2"));
    let expected = &sample.pdb_identity;
    let key = expected.store_key();
    let check = |files: &[(&str, &[u8])], force: bool| {
        let folder = Folder::with(files);
        let mut log = SearchLog::default();
        let found = search(&folder.text()).find_symbols(expected, "sampledrv.sys", None, force, &mut log);
        (found.map(|found| (found.file.identity().guid, found.matched)), log)
    };
    let right = Some((expected.guid, Match::Exact));
    assert_eq!(check(&[("sampledrv.pdb", &sample.pdb)], false).0, right);
    assert_eq!(check(&[("symbols/sys/SampleDrv.PDB", &sample.pdb)], false).0, right);
    assert_eq!(check(&[(&format!("sampledrv.pdb/{key}/sampledrv.pdb"), &sample.pdb)], false).0, right);
    let lower = key.to_lowercase();
    assert_eq!(check(&[(&format!("SAMPLEDRV.PDB/{lower}/sampledrv.pdb"), &sample.pdb)], false).0, right);
    let packed = cabinet("sampledrv.pdb", &sample.pdb);
    assert_eq!(check(&[(&format!("sampledrv.pdb/{key}/sampledrv.pd_"), &packed)], false).0, right);

    // A wrong copy in front doesn't hide the right one behind it.
    let right_behind: [(&str, &[u8]); 2] = [("sys/sampledrv.pdb", &other.pdb), ("sampledrv.pdb", &sample.pdb)];
    assert_eq!(check(&right_behind, true).0, right);

    let (refused, log) = check(&[("sampledrv.pdb", &other.pdb)], false);
    assert_eq!(refused, None);
    let words = |guid| format!("{{{guid}}} age 1");
    let mismatch = Mismatch { expected: words(expected.guid), found: words(other.pdb_identity.guid) };
    assert!(log.attempts.iter().any(|attempt| attempt.outcome == Outcome::Mismatch(mismatch.clone())), "{log:#?}");
    let (forced, log) = check(&[("sampledrv.pdb", &other.pdb)], true);
    let insisted = Match::Forced(mismatch);
    assert_eq!(forced, Some((other.pdb_identity.guid, insisted.clone())));
    assert_eq!(log.attempts.last().map(|attempt| &attempt.outcome), Some(&Outcome::Used(insisted)));
}

#[test]
fn a_symbol_file_beside_its_image_needs_no_path() {
    let sample = sample("O2");
    let folder = Folder::with(&[("sampledrv.pdb", &sample.pdb)]);
    let mut log = SearchLog::default();
    let beside = folder.path().join("sampledrv.sys");
    let found = search("").find_symbols(&sample.pdb_identity, "sampledrv.sys", Some(&beside), false, &mut log);
    assert!(found.is_some(), "{log:#?}");
}

#[test]
fn a_symbol_file_is_found_where_the_linker_left_it() {
    let sample = sample("O2");
    let folder = Folder::with(&[("renamed.pdb", &sample.pdb)]);
    let mut identity = sample.pdb_identity;
    identity.name = folder.path().join("renamed.pdb").display().to_string();
    let mut log = SearchLog::default();
    assert!(search("").find_symbols(&identity, "sampledrv.sys", None, false, &mut log).is_some(), "{log:#?}");
    identity.name = r"\\server\share\renamed.pdb".to_owned();
    assert!(search("").find_symbols(&identity, "sampledrv.sys", None, false, &mut log).is_none());
}

#[test]
fn an_image_of_another_build_is_refused_with_both_values() {
    let folder = Folder::with(&[("Driver.sys", &image())]);
    let check = |expected: ImageIdentity, agrees: bool, force: bool| {
        let mut log = SearchLog::default();
        let found = search(&folder.text()).find_image("Driver.sys", Some(&expected), force, &mut log);
        assert_eq!(found.as_ref().is_some_and(|found| found.matched == Match::Exact), agrees, "{log:#?}");
        assert_eq!(found.is_some(), agrees || force);
        log
    };
    check(identity(), true, false);
    // A check sum is compared where both have one.
    check(ImageIdentity { check_sum: 0, ..identity() }, true, false);
    check(ImageIdentity { check_sum: 1, ..identity() }, false, false);
    check(ImageIdentity { size_of_image: 0x3000, ..identity() }, false, false);
    let other = ImageIdentity { time_date_stamp: 7, ..identity() };
    check(other, false, true);
    let log = check(other, false, false);
    let mismatch = Mismatch {
        expected: "timestamp 00000007, size 2000, checksum 12345".into(),
        found: "timestamp 0BADCAFE, size 2000, checksum 12345".into(),
    };
    assert!(log.attempts.iter().any(|attempt| attempt.outcome == Outcome::Mismatch(mismatch.clone())), "{log:#?}");

    let mut log = SearchLog::default();
    assert!(search(&folder.text()).find_image("Driver.sys", None, false, &mut log).is_none());
    assert!(search(&folder.text()).find_image("Driver.sys", None, true, &mut log).is_some());
}

/// An image whose time stamp is made of its content is the same whatever its signature; one that somebody changed isn't.
#[test]
fn an_image_that_was_signed_anew_is_taken_and_one_that_was_changed_is_not() {
    let check_sum_at = 0x80 + 24 + 64;
    let check = |kind: u32, change: fn(&mut Vec<u8>)| {
        let mut builder = PeBuilder::new(X64);
        builder.section(".text", CODE, vec![0xcc; 0x20]);
        builder.debug(&[(kind, vec![1; 36], true)]);
        builder.check_sum = 0;
        let mut file = builder.build();
        // The sum of the file's words, its carries, and its length: so `CheckSumMappedFile` is documented.
        let words = file.chunks(2).map(|word| u32::from(word[0]) | u32::from(word[1]) << 8);
        let sum = words.fold(0, |sum, word| (sum + word) % 0xffff) + file.len() as u32;
        file[check_sum_at..check_sum_at + 4].copy_from_slice(&sum.to_le_bytes());
        change(&mut file);
        let folder = Folder::with(&[("Driver.sys", &file)]);
        let expected = ImageIdentity { size_of_image: 0x3000, check_sum: 0x1111, ..identity() };
        let mut log = SearchLog::default();
        let found = search(&folder.text()).find_image("Driver.sys", Some(&expected), false, &mut log);
        found.map(|found| found.matched)
    };
    let (repro, codeview) = (16, 2);
    assert!(matches!(check(repro, |_| ()), Some(Match::SignedAnew(mismatch)) if mismatch.expected.ends_with("1111")));
    assert_eq!(check(codeview, |_| ()), None);
    assert_eq!(check(repro, |file| file[0x400] ^= 1), None);
    assert_eq!(check(repro, |file| file[0x80 + 24 + 64] ^= 1), None);
}

#[test]
fn the_key_of_a_store_is_not_believed() {
    let mut builder = PeBuilder::new(X64);
    builder.time_date_stamp = 7;
    let folder = Folder::with(&[("Driver.sys/0BADCAFE2000/Driver.sys", &builder.build())]);
    let (found, log) = find(&folder, &folder.text());
    assert_eq!(found, None);
    assert!(log.attempts.iter().any(|attempt| matches!(attempt.outcome, Outcome::Mismatch(_))), "{log:#?}");
}

#[test]
fn pointers_are_followed_on_this_machine_only_and_not_in_circles() {
    let elsewhere = Folder::with(&[("built/Driver.sys", &image())]);
    let target = elsewhere.path().join("built").join("Driver.sys").display().to_string();
    let check = |pointer: &str| {
        let folder = Folder::with(&[("Driver.sys/0BADCAFE2000/file.ptr", pointer.as_bytes())]);
        let mut log = SearchLog::default();
        let found = search(&folder.text()).find_image("Driver.sys", Some(&identity()), false, &mut log);
        (found.is_some(), log.attempts.last().unwrap().outcome.clone())
    };
    assert_eq!(check(&format!("PATH:{target}\r\n")), (true, Outcome::Used(Match::Exact)));
    assert_eq!(check(&target), (true, Outcome::Used(Match::Exact)));
    let unreadable = |reason: &str| (false, Outcome::Unreadable(reason.into()));
    assert_eq!(check("MSG: build deleted"), unreadable("build deleted"));
    assert_eq!(check(""), unreadable("the pointer is empty"));
    let share = r"\\server\share\Driver.sys";
    assert_eq!(check(share), unreadable(&format!("points to {share}, which isn't on this machine")));
    assert_eq!(check("PATH:file.ptr"), unreadable("the pointer leads to a pointer more than 4 times"));
    let (found, outcome) = check("PATH:nowhere.sys");
    assert!(!found && matches!(outcome, Outcome::Unreadable(reason) if reason.contains("nowhere.sys")));
}

#[test]
fn servers_are_passed_over_at_once_and_said_to_be() {
    let place = "Driver.sys/0BADCAFE2000/Driver.sys";
    let folder = Folder::with(&[(place, &image())]);
    let path = format!(
        r"srv*https://unreachable.invalid/symbols;\\unreachable.invalid\share;what*is*this;srv*{}*http://x.invalid",
        folder.text()
    );
    let start = Instant::now();
    let (found, log) = find(&folder, &path);
    assert!(start.elapsed().as_secs() < 2);
    assert_eq!(found.as_deref(), Some(place));
    let said: Vec<_> = log.attempts.iter().map(ToString::to_string).collect();
    let not_asked = "not asked: network symbol servers are not supported yet";
    assert_eq!(
        said[..3],
        [
            format!("https://unreachable.invalid/symbols - {not_asked}"),
            format!(r"\\unreachable.invalid\share - {not_asked}"),
            "what*is*this - not searched: not an element of a symbol path".to_owned(),
        ]
    );
}

#[test]
fn each_place_that_was_tried_is_in_the_log() {
    let folder = Folder::new();
    let (found, log) = find(&folder, &format!("{};srv*{}", folder.text(), folder.text()));
    assert_eq!(found, None);
    let tried: Vec<_> = log.attempts.iter().map(|attempt| attempt.path.replace('\\', "/")).collect();
    let root = folder.text().replace('\\', "/");
    let places = ["symbols/sys/Driver.sys", "sys/Driver.sys", "Driver.sys", "Driver.sys/0BADCAFE2000/Driver.sys"];
    let mut expected: Vec<_> = places.iter().map(|place| format!("{root}/{place}")).collect();
    expected.push(expected[3].clone());
    assert_eq!(tried, expected);
    assert!(log.attempts.iter().all(|attempt| attempt.outcome == Outcome::NotFound));
}

#[test]
fn new_files_are_seen_after_a_refresh() {
    let folder = Folder::new();
    let search = search(&folder.text());
    let find = || search.find_image("Driver.sys", Some(&identity()), false, &mut SearchLog::default()).is_some();
    assert!(!find());
    folder.put("Driver.sys", &image());
    search.refresh();
    assert!(find());
}

#[test]
fn the_image_path_comes_before_the_symbol_path() {
    let (near, far) = (Folder::with(&[("Driver.sys", &image())]), Folder::with(&[("Driver.sys", &image())]));
    let search = SymbolSearch::new(SymbolPath::parse(&far.text()), SymbolPath::parse(&near.text()));
    let found = search.find_image("Driver.sys", Some(&identity()), false, &mut SearchLog::default()).unwrap();
    assert!(found.file.path().starts_with(near.path()));
}

#[test]
fn names_from_the_target_do_not_lead_out_of_a_folder() {
    let folder = Folder::with(&[("secret.pdb", b""), ("store/x", b"")]);
    let store = folder.path().join("store").display().to_string();
    let mut log = SearchLog::default();
    let mut identity = sample("O0").pdb_identity;
    for name in ["../secret.pdb", r"..\secret.pdb", ".."] {
        identity.name = name.into();
        assert!(search(&store).find_symbols(&identity, "..", None, true, &mut log).is_none());
        assert!(search(&store).find_image(name, None, true, &mut log).is_none());
    }
    assert!(log.attempts.iter().all(|attempt| !matches!(attempt.outcome, Outcome::Used(_))), "{log:#?}");
}
