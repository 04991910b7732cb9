-- cuelock inside Ardour, what its editor actions do. Ardour goes on while cuelock works: each turn the
-- window of progress lets it draw and hear the artist.
--
-- settings: relay (the path of relay.lua), folder (of the exchange), command (how cuelock is
-- started), want (what the action stands for).
local SNAPSHOT = "cuelock-look"
local PAUSE = 10000 -- microseconds

local host = {}

-- The session as it is now, saved beside the artist's own file; cuelock reads it and takes it away.
function host.saved()
  Session:save_state(SNAPSHOT, false, false, false, false, false)
  return ARDOUR.LuaAPI.build_filename(Session:path(), SNAPSHOT .. ".ardour")
end

-- The selected time, in samples; two zeros without one.
function host.selection()
  local time = Editor:get_selection().time
  return time:start_sample(), time:end_sample()
end

-- The region over all of a file.
local function whole(path)
  for _, region in pairs(ARDOUR.RegionFactory.regions():table()) do
    if region:whole_file() and region:source(0):to_filesource():path() == path then
      return region
    end
  end
  error("Ardour did not take " .. path, 0)
end

-- Files into the list of regions, where they are; an error where one did not get there.
function host.embed(paths)
  local files = C.StringVector()
  for _, path in ipairs(paths) do files:push_back(path) end
  Editor:do_embed(files, Editing.ImportDistinctFiles, Editing.ImportAsRegion,
    Temporal.timepos_t(0), ARDOUR.PluginInfo(), ARDOUR.Track())
  for _, path in ipairs(paths) do whole(path) end
end

function host.add_track(name, channels)
  Session:new_audio_track(channels, 2, nil, 1, name, ARDOUR.PresentationInfo.max_order,
    ARDOUR.TrackMode.Normal, true)
end

-- The playlist of an audio track.
local function playlist_of(name)
  local route = Session:route_by_name(name)
  local track = not route:isnil() and route:to_track()
  if not track or track:isnil() then error("Ardour has no audio track named " .. name, 0) end
  return track:playlist()
end

-- stems: {path, name, track, start}; all is found before the one step of undo begins.
function host.put(stems)
  local regions, playlists = {}, {}
  for n, stem in ipairs(stems) do
    regions[n], playlists[n] = whole(stem.path), playlist_of(stem.track)
  end
  Session:begin_reversible_command("cuelock: place " .. #stems .. " stems")
  for n, stem in ipairs(stems) do
    local region = ARDOUR.RegionFactory.clone_region(regions[n], true, false)
    region:set_name(stem.name)
    playlists[n]:to_stateful():clear_changes()
    playlists[n]:add_region(region, Temporal.timepos_t(stem.start), 1, false)
    Session:add_stateful_diff_command(playlists[n]:to_statefuldestructible())
  end
  if not Session:abort_empty_reversible_command() then
    Session:commit_reversible_command(nil)
  end
end

-- marks: {name, start, stop}; Ardour lets a script set ranges alone.
function host.mark(marks)
  for _, mark in ipairs(marks) do
    local start, stop = Temporal.timepos_t(mark.start), Temporal.timepos_t(mark.stop)
    Session:locations():add_range(start, stop):set_name(mark.name)
  end
end

-- What the artist wants to hear, one sound or several with semicolons between; nil when cancelled.
local function asked()
  local question = { { type = "entry", key = "texts", title = "What should sound?", default = "" } }
  local answer = LuaDialog.Dialog("cuelock", question):run()
  if not answer then return nil end
  local texts = {}
  for text in answer.texts:gmatch("[^;]+") do
    text = text:match("^%s*(.-)%s*$")
    if text ~= "" then texts[#texts + 1] = text end
  end
  return texts
end

-- Without waiting, and without the libraries that Ardour brings for itself.
local function start(line)
  if ARDOUR.LuaAPI.build_filename("a", "b"):find("\\", 1, true) then
    os.execute('start "" /b ' .. line)
  else
    os.execute("env -u LD_LIBRARY_PATH " .. line .. " >/dev/null 2>&1 &")
  end
end

-- run(path): what a file of Lua returns.
return function(settings, run)
  local relay = run(settings.relay)
  local want = settings.want
  if want["do"] == "render" then
    want.texts = asked()
    if not want.texts then return end
  end

  local said, turns = "…", 0
  local session = relay.open(settings.folder, want, function(_, name, ...)
    return host[name](...)
  end, function(text)
    said = text
  end)
  start(string.format('%s hosts relay ardour "%s"', settings.command, session.base))
  local window = LuaDialog.ProgressWindow("cuelock", true)
  while not window:canceled() and session.step() do
    turns = turns + 1
    window:progress(turns % 200 / 200, said)
    ARDOUR.LuaAPI.usleep(PAUSE)
  end
  if window:canceled() then
    session.leave()
    said = "Cancelled."
  end
  window:done()
  LuaDialog.Message("cuelock", said, LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close):run()
end
