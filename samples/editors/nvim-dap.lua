-- Neovim with nvim-dap: in init.lua. `:DapContinue` in a C or C++ file then offers both.
local dap = require("dap")

dap.adapters.kd = { type = "executable", command = "kdap" }

dap.configurations.c = {
  {
    type = "kd",
    request = "attach",
    name = "Crash dump",
    dumpFile = "${workspaceFolder}/samples/crash/sample.dmp",
    symbolPath = { "${workspaceFolder}/samples/minint/bin", "${workspaceFolder}/samples/driver/O2" },
    sourceMap = { ["C:\\kdap"] = "${workspaceFolder}" },
  },
  {
    type = "kd",
    request = "attach",
    name = "Live kernel",
    connection = "unix:/tmp/kd,reconnect",
    symbolPath = { "${workspaceFolder}/samples/minint/bin", "${workspaceFolder}/samples/livedrv/O0" },
    imagePath = { "${workspaceFolder}/samples/minint/bin", "${workspaceFolder}/samples/livedrv/O0" },
    sourceMap = { ["C:\\kdap"] = "${workspaceFolder}" },
  },
}
dap.configurations.cpp = dap.configurations.c
