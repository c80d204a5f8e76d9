// The boot options.
#include "boot.h"

PCSTR KeFindLoadOption(PCSTR Options, PCSTR Name)
{
    for (PCSTR at = Options; *at != 0; at++) {
        ULONG length = 0;

        while (Name[length] != 0 && at[length] == Name[length]) {
            length++;
        }
        if (Name[length] == 0 && (at == Options || at[-1] == ' ') && (Name[length - 1] == '=' || at[length] <= ' ')) {
            return at + length;
        }
    }
    return NULL;
}
