namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// What one caller has used of its minute. A sliding window of two counters: this minute's, and of the one before the share that still lies within
/// the last sixty seconds. What other gateways have counted is added as they tell it.
/// </summary>
internal sealed class RateWindow(string name, int limit)
{
    private const int Minute = 60_000;

    private readonly Lock _gate = new();
    private long _minute;
    private int _here;
    private int _elsewhere;
    private int _previous;
    private bool _waits;

    /// <summary>The caller, as it is called in Redis.</summary>
    public string Name => name;

    /// <summary>The minute, counted from 1970, in which it was last used.</summary>
    public long LastMinute => Volatile.Read(ref _minute);

    /// <summary>Counts a request if there is room for it. <paramref name="first"/>: whether it is the first that the other gateways have not been told of.</summary>
    public RateAnswer Take(DateTimeOffset now, out bool first)
    {
        var milliseconds = now.ToUnixTimeMilliseconds();
        var (minute, passed) = (milliseconds / Minute, (int)(milliseconds % Minute));
        lock (_gate)
        {
            Turn(minute);
            var used = _here + _elsewhere + Slid(passed);
            if (used >= limit)
            {
                first = false;
                return RateAnswer.Refused(limit, SecondsUntilRoom(passed, _here + _elsewhere));
            }

            _here++;
            first = !_waits;
            _waits = true;
            return RateAnswer.Taken(limit, limit - used - 1, SecondsUntilRoom(passed, limit - Slid(passed)));
        }
    }

    /// <summary>Takes back what was counted for somebody who turned out to be another caller.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            _here = Math.Max(_here - 1, 0);
        }
    }

    /// <summary>What was counted here, to be told to the other gateways: all of the minute, so that telling it twice changes nothing.</summary>
    public (long Minute, int Count) Tell()
    {
        lock (_gate)
        {
            _waits = false;
            return (_minute, _here);
        }
    }

    /// <summary>What all gateways together have counted, <paramref name="count"/> of it here.</summary>
    public void Shared(long minute, int count, long total, long previous)
    {
        lock (_gate)
        {
            if (minute == _minute)
            {
                _elsewhere = (int)Math.Clamp(total - count, 0, int.MaxValue / 4);
                _previous = (int)Math.Clamp(previous, _previous, int.MaxValue / 4);
            }
        }
    }

    private void Turn(long minute)
    {
        if (minute != _minute)
        {
            _previous = minute == _minute + 1 ? _here + _elsewhere : 0;
            (_minute, _here, _elsewhere) = (minute, 0, 0);
        }
    }

    private int Slid(int passed) => (int)((((long)_previous * (Minute - passed)) + Minute - 1) / Minute);

    // With as many requests in this minute. An accepted request is told what holds once its caller has used all that remains.
    private int SecondsUntilRoom(int passed, int now)
    {
        // Room comes back as the minute before slides out; when this minute alone is full, as this one does after it has become the one before.
        var (from, sliding, staying) = now < limit ? (0, _previous, now) : (Minute, now, 0);
        var milliseconds = from + Minute - ((long)Minute * (limit - staying - 1) / sliding);
        return (int)Math.Max(1, (milliseconds - passed + 999) / 1000);
    }
}
