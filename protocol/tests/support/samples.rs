//! One packet of each kind.

use kd_protocol::control_request::ControlRequestKind;
use kd_protocol::manipulate::{
    BusDataPlace, FillMemory, GetBusData, GetContext, GetContextEx, GetInternalBreakPoint, InternalBreakpoint, IoSpace,
    QueryMemory, ReadIoSpace, ReadIoSpaceExtended, ReadMemory, ReadMsr, ReadPhysicalMemory, RestoreBreakPoint,
    RestoreBreakPointEx, SearchMemory, SetBusData, SetContext, SetContextEx, SetInternalBreakPoint, SetSpecialCall,
    SwitchPartition, VersionFlags, WriteBreakPoint, WriteBreakPointEx, WriteCustomBreakpoint, WriteIoSpace,
    WriteIoSpaceExtended, WriteMemory, WriteMsr, WritePhysicalMemory,
};
use kd_protocol::{
    Answer, Continue, Continue2, ContinueStatus, ControlRequest, ControlSet, DebugIo, DebugIoKind, ExceptionRecord,
    FileAnswer, FileRequest, LoadSymbols, Manipulate, PacketType, PromptAnswer, Request, StateChange, StateChangeKind,
    Status, TraceIo, Version,
};

const ADDRESS: u64 = 0xffff_f802_6bc1_9c10;
const STATUS: Status = Status::SUCCESS;

/// Each request, and an answer to it.
pub fn requests() -> Vec<(Request, Answer)> {
    let memory = ReadMemory { address: ADDRESS, count: 5 };
    let write = WriteMemory { address: ADDRESS, data: b"bytes".to_vec() };
    let place = IoSpace { interface_type: 1, bus_number: 2, address_space: 1, port: 0xcf8, size: 4 };
    let bus = BusDataPlace { bus_data_type: 4, bus_number: 0, slot_number: 3, offset: 16 };
    let control_set = ControlSet::Amd64 {
        trace_flag: true,
        dr7: 0x400,
        current_symbol_start: ADDRESS,
        current_symbol_end: ADDRESS + 9,
    };
    let status = ContinueStatus::EXCEPTION_NOT_HANDLED;
    let data = || Answer::Memory { status: STATUS, data: b"bytes".to_vec() };
    let written = || Answer::Written { status: STATUS, count: 5 };
    let done = || Answer::Status(STATUS);
    let version = Version {
        major: 15,
        minor: 19041,
        protocol: 6,
        secondary: 2,
        flags: VersionFlags(7),
        machine: 0x8664,
        max_packet_type: 12,
        max_state_change: 3,
        max_manipulate: 49,
        simulation: 1,
        unused: 9,
        kernel_base: ADDRESS,
        loaded_module_list: ADDRESS + 1,
        debugger_data_list: ADDRESS + 2,
    };
    let breakpoint = InternalBreakpoint {
        flags: 1,
        calls: 2,
        max_calls_per_period: 3,
        min_instructions: 4,
        max_instructions: 5,
        total_instructions: 6,
    };
    vec![
        (Request::ReadVirtualMemory(memory.clone()), data()),
        (Request::WriteVirtualMemory(write.clone()), written()),
        (
            Request::GetContext(GetContext { flags: 0x10_001f }),
            Answer::Context { status: STATUS, context: vec![7; 99] },
        ),
        (Request::SetContext(SetContext { flags: 0x10_001f, context: vec![7; 99] }), done()),
        (
            Request::WriteBreakPoint(WriteBreakPoint { address: ADDRESS }),
            Answer::Breakpoint { status: STATUS, handle: 3 },
        ),
        (Request::RestoreBreakPoint(RestoreBreakPoint { handle: 3 }), done()),
        (Request::Continue(Continue { status }), done()),
        (Request::ReadControlSpace(memory.clone()), data()),
        (Request::WriteControlSpace(write.clone()), written()),
        (Request::ReadIoSpace(ReadIoSpace { port: 0x60, size: 1 }), Answer::IoSpace { status: STATUS, value: 0x1c }),
        (Request::WriteIoSpace(WriteIoSpace { port: 0x60, size: 1, value: 9 }), done()),
        (Request::Reboot, done()),
        (Request::Continue2(Continue2 { status, control_set }), done()),
        (Request::ReadPhysicalMemory(ReadPhysicalMemory { address: 0x1000, count: 5, caching: 1 }), data()),
        (
            Request::WritePhysicalMemory(WritePhysicalMemory { address: 0x1000, data: b"bytes".to_vec(), caching: 2 }),
            written(),
        ),
        (Request::QuerySpecialCalls, Answer::SpecialCalls { status: STATUS, addresses: vec![ADDRESS, 1] }),
        (Request::SetSpecialCall(SetSpecialCall { address: ADDRESS }), done()),
        (Request::ClearSpecialCalls, done()),
        (Request::SetInternalBreakPoint(SetInternalBreakPoint { address: ADDRESS, flags: 8 }), done()),
        (
            Request::GetInternalBreakPoint(GetInternalBreakPoint { address: ADDRESS }),
            Answer::InternalBreakpoint { status: STATUS, breakpoint },
        ),
        (
            Request::ReadIoSpaceExtended(ReadIoSpaceExtended { place }),
            Answer::IoSpace { status: STATUS, value: 0x8086_1237 },
        ),
        (Request::WriteIoSpaceExtended(WriteIoSpaceExtended { place, value: 1 }), done()),
        (Request::GetVersion, Answer::Version { status: STATUS, version }),
        (
            Request::WriteBreakPointEx(WriteBreakPointEx { addresses: vec![ADDRESS, 2], continue_status: status }),
            Answer::Breakpoints { status: STATUS, handles: vec![1, 2] },
        ),
        (Request::RestoreBreakPointEx(RestoreBreakPointEx { handles: vec![1, 2], continue_status: status }), done()),
        (Request::CauseBugCheck, done()),
        (Request::SwitchProcessor, done()),
        (Request::ReadMsr(ReadMsr { msr: 0xc000_0101 }), Answer::Msr { status: STATUS, value: ADDRESS }),
        (Request::WriteMsr(WriteMsr { msr: 0xc000_0101, value: ADDRESS }), done()),
        (
            Request::SearchMemory(SearchMemory { address: ADDRESS, length: 1 << 32, pattern: b"MZ".to_vec() }),
            Answer::Found { status: STATUS, address: Some(ADDRESS + 64) },
        ),
        (
            Request::GetBusData(GetBusData { place: bus, length: 5 }),
            Answer::BusData { status: STATUS, data: b"bytes".to_vec() },
        ),
        (Request::SetBusData(SetBusData { place: bus, data: b"bytes".to_vec() }), written()),
        (Request::CheckLowMemory, done()),
        (Request::ClearAllInternalBreakpoints, done()),
        (Request::FillMemory(FillMemory { address: ADDRESS, length: 5, flags: 1, pattern: vec![0xcc] }), written()),
        (
            Request::QueryMemory(QueryMemory { address: ADDRESS }),
            Answer::QueriedMemory { status: STATUS, address_space: 2, flags: 7 },
        ),
        (Request::SwitchPartition(SwitchPartition { partition: 1 }), done()),
        (
            Request::WriteCustomBreakpoint(WriteCustomBreakpoint {
                address: ADDRESS,
                instruction: 0xd43e_0000,
                size: 4,
                alignment: 4,
            }),
            Answer::Breakpoint { status: STATUS, handle: 5 },
        ),
        (
            Request::GetContextEx(GetContextEx { offset: 16, count: 99 }),
            Answer::Context { status: STATUS, context: vec![7; 99] },
        ),
        (Request::SetContextEx(SetContextEx { offset: 16, context: b"bytes".to_vec() }), written()),
    ]
}

/// Each kind of state change.
pub fn state_changes() -> Vec<StateChange> {
    let record = ExceptionRecord {
        code: 0xc000_0005,
        flags: 1,
        record: 2,
        address: ADDRESS,
        number_parameters: 2,
        information: [3; 15],
    };
    let load = LoadSymbols {
        path: b"\\SystemRoot\\a.sys".to_vec(),
        base: ADDRESS,
        process_id: u64::MAX,
        checksum: 1,
        size_of_image: 0x1000,
        unload: true,
    };
    let kinds = [
        StateChangeKind::Exception { record, first_chance: true },
        StateChangeKind::LoadSymbols(load),
        StateChangeKind::CommandString { body: vec![1; 200] },
        StateChangeKind::Unknown { new_state: 0x3039 },
    ];
    let change = |kind: StateChangeKind| StateChange {
        control_report: if matches!(kind, StateChangeKind::CommandString { .. }) { Vec::new() } else { vec![5; 48] },
        kind,
        alternate: true,
        processor_level: 6,
        processor: 1,
        number_processors: 2,
        thread: ADDRESS,
        program_counter: ADDRESS + 1,
    };
    kinds.map(change).into()
}

/// Each file request, and an answer to it.
pub fn file_requests() -> Vec<(FileRequest, FileAnswer)> {
    let path = "\\??\\C:\\a.sys".encode_utf16().collect();
    let create = FileRequest::Create { access: 1, attributes: 2, share: 3, disposition: 4, options: 5, path };
    vec![
        (create.clone(), FileAnswer::Created { handle: 7, length: 4096 }),
        (create, FileAnswer::Refused(Status::NO_SUCH_FILE)),
        (FileRequest::Read { handle: 7, offset: 512, length: 5 }, FileAnswer::Read { data: b"bytes".to_vec() }),
        (FileRequest::Write { handle: 7, offset: 512, data: b"bytes".to_vec() }, FileAnswer::Written { length: 5 }),
        (FileRequest::Close { handle: 7 }, FileAnswer::Closed),
    ]
}

/// Each debug I/O packet.
pub fn debug_io() -> Vec<DebugIo> {
    let kinds =
        [DebugIoKind::Print { text: b"text\n".to_vec() }, DebugIoKind::Prompt { text: b"? ".to_vec(), max_answer: 80 }];
    kinds.map(|kind| DebugIo { processor_level: 6, processor: 1, kind }).into()
}

/// Trace data.
pub fn trace_io() -> TraceIo {
    TraceIo { processor_level: 6, processor: 1, data: b"trace".to_vec() }
}

/// A control request.
pub fn control_request() -> ControlRequest {
    ControlRequest { kind: ControlRequestKind::RequestHardwareBreakpoint, number: 2, granted: true }
}

/// The bodies of all of these, with their packets' types.
pub fn payloads() -> Vec<(PacketType, Vec<u8>)> {
    let mut payloads = Vec::new();
    for (request, answer) in requests() {
        let asked = request.encode(6, 1);
        payloads.push((PacketType::StateManipulate, answer.write(&Manipulate::decode(&asked).unwrap()).encode()));
        payloads.push((PacketType::StateManipulate, asked));
    }
    payloads.extend(state_changes().iter().map(|change| (PacketType::StateChange64, change.encode())));
    payloads.push((PacketType::StateChange32, [0x30, 0x30, 0, 0].into_iter().chain([0x80; 200]).collect()));
    payloads
        .push((PacketType::StateChange32, [0x31, 0x30, 0, 0].into_iter().chain([0x80; 16]).chain([0; 84]).collect()));
    for (request, answer) in file_requests() {
        payloads.push((PacketType::FileIo, answer.encode(&request.encode())));
        payloads.push((PacketType::FileIo, request.encode()));
    }
    payloads.extend(debug_io().iter().map(|io| (PacketType::DebugIo, io.encode())));
    let typed = PromptAnswer { processor_level: 6, processor: 1, text: b"g".to_vec() };
    payloads.push((PacketType::DebugIo, typed.encode()));
    payloads.push((PacketType::TraceIo, trace_io().encode()));
    payloads.push((PacketType::ControlRequest, control_request().encode()));
    payloads
}
