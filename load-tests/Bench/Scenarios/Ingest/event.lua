-- The same event as event.sql stores. Without an id: the hub makes one.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

local format = string.format
local random = math.random

function init()
  math.randomseed(os.time())
end

function request()
  return wrk.format(nil, nil, nil, format(
    '{"type":"bench.single","agent_id":"00000000-0000-7000-8000-%012x","payload":{"words":%d,"chapter":"one","tool":"editor","model":"m1"}}',
    random(1000), random(5000)))
end
