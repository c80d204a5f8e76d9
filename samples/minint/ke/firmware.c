// Back to the firmware: the machine starts again.
#include "kd.h"
#include "ke.h"

#define PIIX_RESET_CONTROL 0xcf9
#define KEYBOARD_COMMAND 0x64

VOID HalReturnToFirmware(VOID)
{
    DisableInterrupts();
    OutPort8(PIIX_RESET_CONTROL, 2); // a hard reset
    OutPort8(PIIX_RESET_CONTROL, 6); // now
    KeStallExecutionProcessor(10000);
    OutPort8(KEYBOARD_COMMAND, 0xfe); // or by the old way
    for (;;) {
        PauseProcessor();
    }
}
