// Types that debuggers look up by name and that no code here uses as such: this keeps them in the symbol file.
#include "ke.h"
#include "mm.h"

union {
    LDR_DATA_TABLE_ENTRY LdrDataTableEntry;
    KTHREAD_STATE ThreadState;
    KWAIT_REASON WaitReason;
} KdpTypes;
