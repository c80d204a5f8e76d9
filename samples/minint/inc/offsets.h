// Offsets and selectors that assembly and C share. ke.h checks each one against the C declaration.
#pragma once

// _KPCR
#define PcUserRsp 0x10
#define PcSelf 0x18
#define PcCurrentPrcb 0x20
#define PcPrcb 0x180 // the contained _KPRCB
#define PcMxCsr 0x180

// _KPRCB
#define PbCurrentThread 0x8
#define PbNestingLevel 0x20
#define PbRspBase 0x28
#define PbProcessorState 0x100
#define PbKeSystemCalls 0x2d38
#define PbDpcStack 0x3110
#define PbInterruptCount 0x7e80
#define PbContext 0x85c0
#define PbKernelDirectoryTableBase 0x8e80

// _KTHREAD
#define ThInitialStack 0x28
#define ThKernelStack 0x58

// _KTRAP_FRAME, from its start; rbp points 0x80 bytes into it while a trap is handled
#define TrapFrameBias 0x80
#define TrPreviousMode 0x28
#define TrPreviousIrql 0x29
#define TrExceptionActive 0x2b
#define TrMxCsr 0x2c
#define TrRax 0x30
#define TrRcx 0x38
#define TrRdx 0x40
#define TrR8 0x48
#define TrR9 0x50
#define TrR10 0x58
#define TrR11 0x60
#define TrGsBase 0x68
#define TrXmm0 0x70
#define TrFaultAddress 0xd0
#define TrRbp 0x158
#define TrErrorCode 0x160
#define TrRip 0x168
#define TrSegCs 0x170
#define TrEFlags 0x178
#define KTRAP_FRAME_LENGTH 0x190

// _KEXCEPTION_FRAME
#define ExP5 0x20
#define ExXmm6 0x30
#define ExRbp 0xf8
#define ExRbx 0x100
#define ExRdi 0x108
#define ExRsi 0x110
#define ExR12 0x118
#define ExR13 0x120
#define ExR14 0x128
#define ExR15 0x130
#define ExReturn 0x138

// _CONTEXT
#define CxContextFlags 0x30
#define CxMxCsr 0x34
#define CxSegCs 0x38
#define CxSegDs 0x3a
#define CxSegEs 0x3c
#define CxSegFs 0x3e
#define CxSegGs 0x40
#define CxSegSs 0x42
#define CxEFlags 0x44
#define CxRax 0x78
#define CxRcx 0x80
#define CxRdx 0x88
#define CxRbx 0x90
#define CxRsp 0x98
#define CxRbp 0xa0
#define CxRsi 0xa8
#define CxRdi 0xb0
#define CxR8 0xb8
#define CxR9 0xc0
#define CxR10 0xc8
#define CxR11 0xd0
#define CxR12 0xd8
#define CxR13 0xe0
#define CxR14 0xe8
#define CxR15 0xf0
#define CxRip 0xf8
#define CxFltSave 0x100

// _EXCEPTION_RECORD
#define ErExceptionCode 0x0
#define ErExceptionFlags 0x4
#define ErExceptionRecord 0x8
#define ErExceptionAddress 0x10
#define ErNumberParameters 0x18
#define ErExceptionInformation 0x20
#define EXCEPTION_RECORD_LENGTH 0x98

// DISPATCHER_CONTEXT
#define DcLanguageHandler 0x30

// KPROCESSOR_START (ke.h): what a starting processor finds in its start page, at KI_START_DATA
#define KI_START_DATA 0x10
#define PsStartCr3 0x0
#define PsStartEntry 0x8
#define PsStartStack 0x10
#define PsStartPcr 0x18

// Selectors, as in Windows
#define KGDT64_R0_CODE 0x10
#define KGDT64_R0_DATA 0x18
#define KGDT64_R3_CMCODE 0x20
#define KGDT64_R3_DATA 0x28
#define KGDT64_R3_CODE 0x30
#define KGDT64_SYS_TSS 0x40
#define KGDT64_R3_CMTEB 0x50

#define MSR_GS_BASE 0xc0000101
#define CONTEXT_AMD64_ALL_SAVED 0x10001f // control, integer, segments, floating point, debug registers
#define DISPATCH_LEVEL 2
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define HIGH_LEVEL 15
#define KI_SERVICE_LIMIT 0x48 // system services
#define APP_DATA 0x1000 // app.exe's data, from its code
#define KERNEL_STACK_SIZE 0x6000
#define KI_START_PAGE 0x8000 // physical, and virtual while processors start: where a startup IPI sends them
