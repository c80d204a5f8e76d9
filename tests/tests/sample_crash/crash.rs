//! The bug check, the exception behind it, processors and modules.

use super::{for_each_dump, number, numbers};
use engine::Session;
use engine::crash::ExceptionSource;
use engine::target::OpenOptions;
use memory::VirtualAddress;
use tests::dump_writer::Format;
use tests::sample::Build;
use tests::temporary::TemporaryFolder;

#[test]
fn the_bug_check_leads_to_the_exception() {
    for_each_dump(|opened| {
        let crash = opened.session.crash().unwrap();
        let (bug_check, exception) = (&opened.expected["bugcheck"], &opened.expected["exception"]);
        assert_eq!(u64::from(crash.bug_check.code), number(&bug_check["code"]));
        assert_eq!(crash.bug_check.parameters.to_vec(), numbers(&bug_check["parameters"]));
        let found = crash.exception.as_ref().unwrap();
        let record = found.record.as_ref().unwrap().as_ref().unwrap();
        assert_eq!(u64::from(record.code), number(&exception["code"]));
        assert_eq!(record.address.0, number(&exception["address"]));
        assert_eq!(record.parameters, numbers(&exception["information"]));
        assert_eq!(record.attempted_access(), Some(("write to", VirtualAddress(0))));
        assert_eq!(found.saved, ExceptionSource::Context(VirtualAddress(crash.bug_check.parameters[3])));
        let context = found.context.as_ref().unwrap();
        assert_eq!(context.instruction_pointer().unwrap(), record.address);
    });
}

#[test]
fn both_processors_are_known_and_the_first_crashed() {
    for_each_dump(|opened| {
        let processors = opened.session.processors();
        assert_eq!((processors.crashed, processors.numbers_known), (Some(0), true));
        let expected = opened.expected["processors"].as_array().unwrap();
        assert_eq!(processors.all.len(), expected.len());
        for (processor, expected) in processors.all.iter().zip(expected) {
            assert_eq!(u64::from(processor.number), number(&expected["number"]));
            assert_eq!(processor.prcb.as_ref().unwrap().0, number(&expected["prcb"]));
            let context = processor.context(opened.session.target()).unwrap();
            assert_eq!(context.instruction_pointer().unwrap().0, number(&expected["rip"]));
            assert_eq!(context.stack_pointer().unwrap().0, number(&expected["rsp"]));
        }
    });
}

#[test]
fn threads_and_processes_are_known_or_said_to_be_missing() {
    for_each_dump(|opened| {
        for (processor, expected) in
            opened.session.processors().all.iter().zip(opened.expected["processors"].as_array().unwrap())
        {
            // A small dump has the crashing thread and its process only.
            if opened.format == Format::Small && processor.number != 0 {
                let error = processor.thread.as_ref().unwrap_err().to_string();
                assert!(error.ends_with("not in the dump"), "{error}");
                continue;
            }
            let thread = processor.thread.as_ref().unwrap();
            assert_eq!(thread.thread.0, number(&expected["thread"]));
            assert_eq!(vec![thread.process_id, thread.thread_id], numbers(&expected["cid"]));
            let process = thread.process.as_ref().unwrap();
            assert_eq!((process.process.0, process.process_id), (number(&expected["process"]), thread.process_id));
            let name = if processor.number == 0 { "System" } else { "Idle" };
            assert_eq!(process.image_file_name, name);
        }
    });
}

#[test]
fn modules_come_with_their_images_and_symbols() {
    for_each_dump(|opened| {
        let modules: Vec<_> = opened.session.target().modules().iter().collect();
        let expected = opened.expected["modules"].as_array().unwrap();
        assert_eq!(modules.len(), expected.len());
        for (module, expected) in modules.into_iter().zip(expected) {
            let entry = module.entry();
            assert!(entry.image_name.ends_with(expected["name"].as_str().unwrap()), "{}", entry.image_name);
            let (stamp, sum) = (entry.time_date_stamp.unwrap(), entry.check_sum.unwrap());
            let found = [module.base().0, stamp.into(), module.size().into(), sum.into()];
            let wanted = ["base", "time_date_stamp", "size_of_image", "check_sum"].map(|fact| number(&expected[fact]));
            assert_eq!(found, wanted);
            let symbols = module.symbols().unwrap();
            assert_eq!(symbols.identity().guid.to_string().to_uppercase(), expected["guid"].as_str().unwrap());
            assert_eq!(u64::from(symbols.identity().age), number(&expected["age"]));
            assert!(symbols.path().ends_with(expected["pdb"].as_str().unwrap()), "{}", symbols.path().display());
        }
        assert_eq!(opened.session.target().problems(), &[] as &[String]);
    });
}

/// Both drivers have the same name: only what they are known by tells them apart.
#[test]
fn the_other_drivers_files_are_refused() {
    for build in Build::ALL {
        let folder = TemporaryFolder::new();
        let dump = folder.file("sample.dmp", &build.machine().write(Format::BitmapKernel));
        for order in [[Build::O0, Build::O2], [Build::O2, Build::O0]] {
            let symbol_path = order.map(Build::symbol_path).join(";");
            let session = Session::open(&dump, &OpenOptions { symbol_path, ..OpenOptions::default() }).unwrap();
            let module = session.target().modules().by_name("sampledrv").unwrap();
            let [_, driver] = build.folders();
            assert_eq!(module.symbols().unwrap().path(), driver.join("sampledrv.pdb"));
        }
    }
}
