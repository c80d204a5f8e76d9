// Strings.
#include "ntddk.h"
#include "rtl.h"

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    USHORT length = 0;

    if (SourceString != NULL) {
        while (SourceString[length / sizeof(WCHAR)] != 0) {
            length += sizeof(WCHAR);
        }
    }
    DestinationString->Length = length;
    DestinationString->MaximumLength = SourceString != NULL ? length + sizeof(WCHAR) : 0;
    DestinationString->Buffer = (PWSTR)SourceString;
}

BOOLEAN RtlEqualString8(PCSTR Left, PCSTR Right)
{
    while (*Left != 0 && *Left == *Right) {
        Left++;
        Right++;
    }
    return *Left == *Right;
}
