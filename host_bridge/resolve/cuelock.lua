-- cuelock inside DaVinci Resolve (Workspace > Scripts), in every edition: no windows, no doors from
-- outside, nothing to install but this. What Resolve runs is a process of its own, which ends with
-- this function; so it waits in its loop, and Resolve goes on meanwhile.
--
-- settings: relay (the path of relay.lua), folder (of the exchange), command (how cuelock is
-- started), want (what the menu entry stands for).
return function(settings)
  local relay = dofile(settings.relay)
  local resolve = app:GetResolve()

  local function invoke(object, name, ...)
    object = object or resolve
    local method = object[name]
    if not method then error(name .. " is not there", 0) end
    return method(object, ...)
  end

  local session = relay.open(settings.folder, settings.want, invoke, print)
  local line = string.format('%s hosts relay resolve "%s"', settings.command, session.base)
  -- cmd.exe takes the outermost quotes of a line away.
  if package.config:sub(1, 1) == "\\" then line = '"' .. line .. '"' end
  local cuelock = io.popen(line)
  while session.step() do bmd.wait(0.01) end
  cuelock:close()
end
