-- cuelock inside REAPER, a ReaScript. It never waits: it looks what is to be done each time that
-- REAPER calls a deferred function, and ends when cuelock does.
--
-- settings: relay (the path of relay.lua), folder (of the exchange), command (how cuelock is
-- started), want (what the action stands for).
local NO_WAIT_NO_WINDOW = -2

-- What the artist wants to hear, one sound or several with semicolons between; nil when cancelled.
local function asked()
  local captions = "What should sound?,separator=|,extrawidth=240"
  local confirmed, words = reaper.GetUserInputs("cuelock", 1, captions, "")
  if not confirmed then return nil end
  local texts = {}
  for text in words:gmatch("[^;]+") do
    text = text:match("^%s*(.-)%s*$")
    if text ~= "" then texts[#texts + 1] = text end
  end
  return texts
end

return function(settings)
  local relay = dofile(settings.relay)
  local want = settings.want
  if want["do"] == "render" then
    want.texts = asked()
    if not want.texts then return end
  end

  local function invoke(_, name, ...)
    return reaper[name](...)
  end

  local function say(text)
    reaper.ShowConsoleMsg(text .. "\n")
  end

  local session = relay.open(settings.folder, want, invoke, say)
  local line = string.format('%s hosts relay reaper "%s"', settings.command, session.base)
  reaper.ExecProcess(line, NO_WAIT_NO_WINDOW)
  local function turn()
    if session.step() then reaper.defer(turn) end
  end
  reaper.defer(turn)
end
