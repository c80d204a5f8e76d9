// Basic types of the Windows kernel under their documented names: only what the samples need, written from Microsoft's
// public documentation. The compiler is clang-cl for x86_64-pc-windows-msvc: int and long have 32 bits, wchar_t 16.
#pragma once

typedef void VOID, *PVOID;
typedef char CHAR, CCHAR;
typedef const char *PCSTR;
typedef signed char SCHAR;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, KIRQL;
typedef short SHORT, CSHORT;
typedef unsigned short USHORT, WCHAR, *PWSTR;
typedef const WCHAR *PCWSTR;
typedef long LONG, NTSTATUS;
typedef unsigned long ULONG, *PULONG;
typedef long long LONG64, LONGLONG;
typedef unsigned long long ULONG64, *PULONG64, ULONGLONG, ULONG_PTR, SIZE_T;

#define NULL ((void *)0)
#define TRUE 1
#define FALSE 0
#define MAXULONG 0xFFFFFFFFUL

#define FIELD_OFFSET(type, field) ((LONG)__builtin_offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) ((type *)((UCHAR *)(address) - FIELD_OFFSET(type, field)))
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define STATUS_SUCCESS ((NTSTATUS)0x00000000L)
#define STATUS_DEVICE_NOT_READY ((NTSTATUS)0xC00000A3L)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009AL)

typedef struct _UNICODE_STRING {
    USHORT Length; // bytes
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length; // bytes
    USHORT MaximumLength;
    CHAR *Buffer;
} STRING, ANSI_STRING;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID;

static __inline VOID InitializeListHead(PLIST_ENTRY ListHead)
{
    ListHead->Flink = ListHead->Blink = ListHead;
}

static __inline VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY last = ListHead->Blink;

    Entry->Flink = ListHead;
    Entry->Blink = last;
    last->Flink = Entry;
    ListHead->Blink = Entry;
}
