-- Opens the sample dump, or debugs the sample kernel, with samples/editors/nvim-dap.lua in a real Neovim:
--
--     nvim --clean --headless -l tests/editors/nvim.lua dump|live
--
-- nvim-dap itself isn't needed: Neovim loads the configuration, starts the adapter and speaks with it as nvim-dap does.
-- That is a process of its own group, tables that become JSON, `initialize` as "neovim", `stackTrace` without `levels`,
-- and SIGINT behind the answer to `disconnect`. For live, KD_CONNECTION takes the place of the connection.
local root = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/../..")
local time_limit = 20000 -- milliseconds for one answer

local failed = false
local function check(what, holds, found)
  io.write((holds and "ok   " or "FAIL ") .. "nvim: " .. what)
  io.write(holds and "\n" or "; found " .. vim.inspect(found) .. "\n")
  failed = failed or not holds
end

-- What the configuration calls nvim-dap.
package.loaded.dap = { adapters = {}, configurations = {} }
dofile(root .. "/samples/editors/nvim-dap.lua")
local dap = package.loaded.dap

-- The variables that nvim-dap expands, wherever they stand.
local function expanded(value)
  if type(value) == "table" then
    return vim.tbl_map(expanded, value)
  end
  return type(value) == "string" and (value:gsub("${workspaceFolder}", root)) or value
end

local function configuration(name)
  for _, candidate in ipairs(dap.configurations.c) do
    if candidate.name == name then
      return expanded(candidate)
    end
  end
end

local received, partial, sequence = {}, "", 0
local input, output = vim.uv.new_pipe(), vim.uv.new_pipe()
local exit_code
local adapter = dap.adapters.kd
local process, problem = vim.uv.spawn(adapter.command, {
  args = adapter.args,
  stdio = { input, output, nil },
  detached = true,
}, function(code)
  exit_code = code
end)
assert(process, adapter.command .. ": " .. tostring(problem))

output:read_start(function(_, data)
  partial = partial .. (data or "")
  while true do
    local length, rest = partial:match("^Content%-Length: (%d+)\r\n\r\n()")
    if not length or #partial < rest - 1 + length then
      return
    end
    table.insert(received, vim.json.decode(partial:sub(rest, rest - 1 + length), { luanil = { object = true } }))
    partial = partial:sub(rest + length)
  end
end)

-- The first message that fits and wasn't taken yet.
local function take(fits)
  local found
  vim.wait(time_limit, function()
    for index, message in ipairs(received) do
      if fits(message) then
        found = table.remove(received, index)
        return true
      end
    end
  end, 5)
  return found
end

local function event(name)
  return take(function(message)
    return message.event == name
  end)
end

local function send(command, arguments)
  sequence = sequence + 1
  local text = vim.json.encode({ seq = sequence, type = "request", command = command, arguments = arguments })
  input:write("Content-Length: " .. #text .. "\r\n\r\n" .. text)
  return sequence
end

local function answer(number)
  local response = take(function(message)
    return message.request_seq == number
  end)
  assert(response and response.success, vim.inspect(response))
  return response.body
end

local function ask(command, arguments)
  return answer(send(command, arguments))
end

-- From `initialize` to the first stop; `breakpoint` has a file and a line, or is nil.
local function open(name, breakpoint)
  local arguments = configuration(name)
  arguments.connection = arguments.connection and os.getenv("KD_CONNECTION")
  ask("initialize", {
    adapterID = "kd",
    clientID = "neovim",
    clientName = "neovim",
    columnsStartAt1 = true,
    linesStartAt1 = true,
    locale = "en_US",
    pathFormat = "path",
    supportsProgressReporting = true,
    supportsRunInTerminalRequest = true,
    supportsStartDebuggingRequest = true,
    supportsVariableType = true,
  })
  local attach = send("attach", arguments)
  assert(event("initialized"), "no initialized event")
  if breakpoint then
    local source = { path = breakpoint.path, name = vim.fs.basename(breakpoint.path) }
    ask("setBreakpoints", { source = source, breakpoints = { { line = breakpoint.line } }, sourceModified = false })
  end
  ask("setExceptionBreakpoints", { filters = {} })
  ask("configurationDone")
  answer(attach)
  return event("stopped")
end

local function frames(stop)
  ask("threads")
  return ask("stackTrace", { threadId = stop.body.threadId }).stackFrames
end

-- "name = value" of each variable in the scopes of a frame that nvim-dap fetches by itself.
local function variables(frame)
  local shown = {}
  for _, scope in ipairs(ask("scopes", { frameId = frame.id }).scopes) do
    if not scope.expensive then
      for _, variable in ipairs(ask("variables", { variablesReference = scope.variablesReference }).variables) do
        table.insert(shown, variable.name .. " = " .. variable.value)
      end
    end
  end
  return shown
end

local function frame_of(stack, name)
  for _, frame in ipairs(stack) do
    if vim.startswith(frame.name, name) then
      return frame
    end
  end
end

local function disconnect()
  ask("disconnect", { restart = false, terminateDebuggee = false })
  process:kill("sigint")
  check("kdap ends at once behind disconnect and SIGINT", vim.wait(3000, function()
    return exit_code ~= nil
  end, 5), exit_code)
end

local function dump()
  local stop = open("Crash dump")
  check("stops with the bug check", stop and stop.body.reason == "exception", stop)
  local stack = frames(stop)
  local expected = vim.json.decode(table.concat(vim.fn.readfile(root .. "/samples/crash/O2.expected.json"), "\n"))
  local same = #stack == #expected.stack
  for index, frame in ipairs(stack) do
    same = same and vim.startswith(frame.name, expected.stack[index]["function"])
  end
  check("the sample dump's stack", same, stack)
  local top = frame_of(stack, "sampledrv!SlotStore")
  local file = root .. "/samples/driver/slot.h"
  check("the faulting line", top.source.path == file and top.line == 10, top)
  check("its locals", vim.tbl_contains(variables(top), "mixed = " .. 0x5240b001), variables(top))
  local report = ask("evaluate", { expression = "!analyze -v", context = "repl", frameId = top.id }).result
  check("!analyze -v in the REPL", report:find("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (7e)", 1, true), report)
  disconnect()
end

local function live()
  local path = root .. "/samples/livedrv/work.c"
  local line
  for number, text in ipairs(vim.fn.readfile(path)) do
    line = line or (text:find("for (ULONG index = 0; index < Request->Length", 1, true) and number)
  end
  local stop = open("Live kernel", { path = path, line = line })
  check("attaches and stops", stop ~= nil, received)
  ask("continue", { threadId = stop.body.threadId })
  stop = event("stopped")
  local frame = frames(stop)[1]
  check("hits the breakpoint in the driver's source", frame.line == line and frame.source.path == path, frame)
  check("its locals", vim.tbl_contains(variables(frame), "result = 0"), variables(frame))
  ask("next", { threadId = stop.body.threadId, granularity = "statement" })
  stop = event("stopped")
  frame = frames(stop)[1]
  check("steps over a line", frame.line > line and frame.source.path == path, frame)
  ask("continue", { threadId = stop.body.threadId })
  check("continues to the next hit", event("stopped") ~= nil)
  disconnect()
end

local modes = { dump = dump, live = live }
local held, message = pcall(modes[arg[1]])
if not held then
  check(arg[1], false, message)
end
process:kill("sigkill")
os.exit(failed and 1 or 0)
