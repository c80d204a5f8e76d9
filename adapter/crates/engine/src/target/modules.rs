//! Which modules the system has loaded.

use super::Target;
use crate::crash::STATUS_BREAKPOINT;
use analysis::nt::layouts::LayoutSource;
use analysis::nt::{loaded_modules, unloaded_modules};
use dump::Dump;
use memory::{PAGE_SIZE, ReadVirtualExt, VirtualAddress};
use symbols::pe::{MemoryImage, PeHeaders};
use symbols::{ModuleEntry, SymbolProof, UnloadedModule};

/// How far below one of its variables the kernel's first byte is looked for: kernels have about 16 MiB.
const KERNEL_SEARCH_BYTES: u64 = 64 << 20;

impl Target {
    /// Lists the modules again (`.reload`): those that were taken out or added come and go, the others stay as they are.
    pub fn list_modules_again(&mut self) {
        self.problems.clear();
        self.list_modules();
    }

    /// Lists loaded and unloaded modules: as a small dump's driver list says, or as the kernel's own lists do.
    pub(super) fn list_modules(&mut self) {
        match self.triage_modules() {
            Some((entries, unloaded)) => self.set_triage_modules(entries, unloaded),
            None => self.list_kernel_modules(),
        }
    }

    /// The lists of drivers that a small dump has.
    fn triage_modules(&self) -> Option<(Vec<ModuleEntry>, Vec<UnloadedModule>)> {
        let triage = self.dump()?.triage()?;
        let entries: Vec<ModuleEntry> = triage.drivers.iter().map(triage_entry).collect();
        let unloaded = triage.unloaded_drivers.iter().map(|driver| UnloadedModule {
            image_name: driver.name.clone(),
            start: driver.start,
            end: driver.end,
        });
        let unloaded = unloaded.collect();
        Some((entries, unloaded))
    }

    fn set_triage_modules(&mut self, mut entries: Vec<ModuleEntry>, unloaded: Vec<UnloadedModule>) {
        let proofs = self.kernel_proofs();
        let holds = |entry: &&mut ModuleEntry| {
            let end = entry.base.offset(u64::from(entry.size));
            proofs.first().is_some_and(|proof| (entry.base..end).contains(&proof.address))
        };
        if let Some(kernel) = entries.iter_mut().find(holds) {
            self.kernel_base = Some(kernel.base);
            kernel.proofs = proofs;
        }
        self.modules.set_loaded(entries);
        self.modules.set_unloaded(unloaded);
    }

    /// Finds the kernel's image first, because its symbols tell how its list of modules is laid out.
    fn list_kernel_modules(&mut self) {
        let Some(head) = self.system.ps_loaded_module_list else {
            self.problems.push("the target does not say where PsLoadedModuleList is".to_owned());
            return;
        };
        // A live target tells it.
        self.kernel_base = self.kernel_base.filter(|_| self.live().is_some()).or_else(|| self.find_image_below(head));
        match self.kernel_base {
            Some(base) => self.add_kernel(base),
            None => self.problems.push(format!("no image was found below nt!PsLoadedModuleList ({head})")),
        }
        if self.live().is_some() && self.own_memory().pointer(head, self.architecture.pointer_size()) == Ok(0) {
            // A kernel that has just begun to boot hasn't made its list yet: it tells of its modules one by one.
            return;
        }
        let kernel = self.kernel();
        let (loaded, unloaded) = (loaded_modules::list(&kernel, head), unloaded_modules::list(&kernel));
        match loaded {
            Ok(loaded) => {
                if let Ok(source @ LayoutSource::Published) = kernel.layout_source("_KLDR_DATA_TABLE_ENTRY") {
                    self.problems.push(format!("the list of modules was read by {source}"));
                }
                self.problems.extend(loaded.errors.iter().map(ToString::to_string));
                let proofs = self.kernel_proofs();
                let entry = |module: loaded_modules::LoadedModule| {
                    let is_kernel = Some(module.base) == self.kernel_base;
                    ModuleEntry {
                        image_name: module.full_name,
                        base: module.base,
                        size: module.size,
                        time_date_stamp: module.time_date_stamp,
                        check_sum: module.check_sum,
                        proofs: if is_kernel { proofs.clone() } else { Vec::new() },
                    }
                };
                let entries: Vec<_> = loaded.modules.into_iter().map(entry).collect();
                // Where the list breaks off before it comes to the kernel, the kernel that was found stays.
                if entries.iter().any(|entry| Some(entry.base) == self.kernel_base) {
                    self.modules.set_loaded(entries);
                } else {
                    for entry in entries {
                        self.modules.add(entry);
                    }
                }
            }
            Err(error) => self.problems.push(error.to_string()),
        }
        match unloaded {
            Ok(unloaded) => {
                let module = |module: unloaded_modules::UnloadedModule| UnloadedModule {
                    image_name: module.name,
                    start: module.start,
                    end: module.end,
                };
                self.modules.set_unloaded(unloaded.modules.into_iter().map(module).collect());
                if let Some(problem) = unloaded.problem {
                    self.problems.push(format!("the list of unloaded modules is incomplete: {problem}"));
                }
            }
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn add_kernel(&mut self, base: VirtualAddress) {
        let identity = PeHeaders::read_identity(&MemoryImage::new(self.own_memory(), base)).ok();
        self.modules.add(ModuleEntry {
            image_name: "ntoskrnl.exe".to_owned(),
            base,
            size: identity.as_ref().map_or(0, |identity| identity.size_of_image),
            time_date_stamp: identity.as_ref().map(|identity| identity.time_date_stamp),
            check_sum: identity.as_ref().map(|identity| identity.check_sum),
            proofs: self.kernel_proofs(),
        });
    }

    /// The image that `address` lies in, found by its header at the start of a page.
    fn find_image_below(&self, address: VirtualAddress) -> Option<VirtualAddress> {
        let pages = (0..KERNEL_SEARCH_BYTES / PAGE_SIZE).map(|page| address.page_start().back(page * PAGE_SIZE));
        pages.into_iter().find(|&base| {
            let header = PeHeaders::read(&MemoryImage::new(self.own_memory(), base));
            header.is_ok_and(|header| address < base.offset(u64::from(header.size_of_image)))
        })
    }

    /// Addresses in the kernel that the target tells: what a symbol file can be told by. Code and data both, since
    /// builds may differ in the one and not in the other: a bug check ends in the `int 3` of KeBugCheckEx.
    fn kernel_proofs(&self) -> Vec<SymbolProof> {
        let system = &self.system;
        let crashed = |dump: &&Dump| dump.header().bug_check.is_some_and(|bug_check| bug_check.code != 0);
        let end = self.dump().filter(crashed).and_then(Dump::exception);
        let end = end.filter(|end| end.code == STATUS_BREAKPOINT);
        let known = [
            ("PsLoadedModuleList", system.ps_loaded_module_list),
            ("PsActiveProcessHead", system.ps_active_process_head),
            ("KdDebuggerDataBlock", system.kd_debugger_data_block),
            ("MmPfnDatabase", system.pfn_data_base),
            ("KeBugCheckEx", end.map(|end| end.address)),
        ];
        let proof = |(name, address): (&str, Option<VirtualAddress>)| {
            address.map(|address| SymbolProof { name: name.to_owned(), address })
        };
        known.into_iter().filter_map(proof).collect()
    }
}

fn triage_entry(driver: &dump::TriageDriver) -> ModuleEntry {
    let known = |value: u32| Some(value).filter(|&value| value != 0);
    ModuleEntry {
        image_name: driver.name.clone().unwrap_or_else(|| "<unknown>".to_owned()),
        base: driver.base,
        size: driver.size,
        time_date_stamp: known(driver.time_date_stamp),
        check_sum: known(driver.check_sum),
        proofs: Vec::new(),
    }
}
