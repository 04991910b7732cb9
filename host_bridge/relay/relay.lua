-- The host's end of a relay: does the calls that host_bridge.relay asks for, and hands back what
-- they return. It knows nothing of timelines. Plain Lua, 5.1 (Fusion's LuaJIT) to 5.4 (REAPER's).
--
-- Through files in one folder, RUN being this run's name there: RUN.want (from here, JSON: what the
-- artist wants), RUN-N.call (from cuelock: the N-th batch, a Lua table), RUN-N.answer (from here,
-- JSON). A batch is a list of {on = OBJECT, call = NAME, args = {n = COUNT, ...}}; object 0 is the
-- host itself. In arguments {__object = K} is an object handed out before, {__value = K} the first
-- value the K-th call of this batch returned. {say = TEXT} shows a sentence, {over = true} ends.
-- RUN.left (from here) says that the artist has given it up.

local relay = {}

local SPIN = 0.03 -- seconds of computing in which the next batch is waited for without a pause
local SILENCE = 60 -- seconds without a batch after which cuelock is given up

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return escapes[c] or string.format("\\u%04x", c:byte())
  end) .. '"'
end

local function number(value)
  if value ~= value or value == math.huge or value == -math.huge then return "null" end
  if value % 1 == 0 and math.abs(value) < 2 ^ 53 then return string.format("%d", value) end
  return string.format("%.17g", value)
end

-- JSON of what a host returns; what is no plain value is kept and stands as {"__object": K}.
local function json(value, keep)
  local kind = type(value)
  if kind == "nil" then return "null" end
  if kind == "boolean" then return tostring(value) end
  if kind == "number" then return number(value) end
  if kind == "string" then return quoted(value) end
  if kind ~= "table" then return '{"__object":' .. keep(value) .. "}" end
  local parts = {}
  if #value > 0 or next(value) == nil then
    for n = 1, #value do parts[n] = json(value[n], keep) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, part in pairs(value) do
    parts[#parts + 1] = quoted(tostring(key)) .. ":" .. json(part, keep)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- A table written by cuelock; it can name nothing of this world, because it is given none.
local function read_table(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = "return " .. file:read("*a")
  file:close()
  os.remove(path)
  local chunk
  if setfenv then
    chunk = assert(loadstring(text, "call"))
    setfenv(chunk, {})
  else
    chunk = assert(load(text, "call", "t", {}))
  end
  return chunk()
end

-- Whole or not at all: written beside, then renamed.
local function write_whole(path, text)
  local file = assert(io.open(path .. ".part", "wb"))
  file:write(text)
  file:close()
  assert(os.rename(path .. ".part", path))
end

-- folder: the exchange folder; want: what the artist wants, a table; invoke(object, name, ...)
-- does a call, object being nil for the host itself; say(text) shows a sentence.
function relay.open(folder, want, invoke, say)
  math.randomseed(os.time())
  local base = string.format("%s/%d-%06d", folder, os.time(), math.random(0, 999999))
  local objects, batch, heard = {}, 1, os.time()

  local function keep(object)
    objects[#objects + 1] = object
    return #objects
  end

  local function filled(value, returned)
    if type(value) ~= "table" then return value end
    if value.__object then return objects[value.__object] end
    if value.__value then return returned[value.__value] end
    local copy = {}
    for key, part in pairs(value) do copy[key] = filled(part, returned) end
    return copy
  end

  local function done(call, returned)
    local args = {}
    for n = 1, call.args.n do args[n] = filled(call.args[n], returned) end
    local unpack_all = table.unpack or unpack
    local function pack(...)
      return { n = select("#", ...), ... }
    end
    return pack(invoke(objects[call.on], call.call, unpack_all(args, 1, call.args.n)))
  end

  local function answered(calls)
    local returned, texts = {}, {}
    for n, call in ipairs(calls) do
      local fine, values = pcall(done, call, returned)
      if not fine then return '{"error":' .. quoted(tostring(values)) .. ',"at":' .. n .. "}" end
      returned[n] = values[1]
      local parts = {}
      for k = 1, values.n do parts[k] = json(values[k], keep) end
      texts[n] = "[" .. table.concat(parts, ",") .. "]"
    end
    return '{"values":[' .. table.concat(texts, ",") .. "]}"
  end

  local session = { base = base }

  -- Does what has come; false when the run is over. Returns at once when nothing is there.
  function session.step()
    local since
    repeat
      local calls = read_table(base .. "-" .. batch .. ".call")
      if calls then
        heard, since = os.time(), os.clock()
        if calls.over then return false end
        if calls.say then
          say(calls.say)
          calls = {}
        end
        write_whole(base .. "-" .. batch .. ".answer", answered(calls))
        batch = batch + 1
      elseif os.time() - heard > SILENCE then
        say("cuelock does not answer. Run `cuelock hosts check` in a terminal: it says why.")
        return false
      end
    until not calls and (not since or os.clock() - since > SPIN)
    return true
  end

  -- The artist has given it up: cuelock stops what it does.
  function session.leave()
    write_whole(base .. ".left", "")
  end

  write_whole(base .. ".want", json(want, tostring))
  return session
end

return relay
