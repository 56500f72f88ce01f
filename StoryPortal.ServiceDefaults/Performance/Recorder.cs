using System.Collections.Concurrent;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// What this process measures on itself: times, counts and states, since its start and over the last five minutes. Recording costs some nanoseconds and
/// no memory. What is recorded only grows; every ten seconds it is noted how far, and the window is the difference.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="warmUp">How long from the start of the process times do not count; zero where all count.</param>
public sealed class Recorder(TimeProvider time, TimeSpan warmUp = default)
{
    /// <summary>Seconds of the window.</summary>
    public const int WindowSeconds = 300;

    /// <summary>Seconds of a slice.</summary>
    public const int SliceSeconds = 10;

    private const int SlicesInWindow = WindowSeconds / SliceSeconds;

    private readonly ConcurrentDictionary<string, Times> _times = [];
    private readonly ConcurrentDictionary<string, Tally> _tallies = [];
    private readonly ConcurrentDictionary<string, State> _states = [];
    private readonly Lock _turning = new();
    private readonly long _start = time.GetTimestamp();

    // Slices begin when those of every other process do: they are added up.
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private long _turned;

    /// <summary>The times of that name; keep it.</summary>
    public Times TimesOf(string name) => _times.GetOrAdd(name, static _ => new Times(new Stripes(Buckets.Count), 0));

    /// <summary>The count of that name; keep it.</summary>
    public Tally TallyOf(string name) => _tallies.GetOrAdd(name, static _ => new Tally(new Stripes(1), 0));

    /// <summary>
    /// Counts and times of these names that are added to together: they lie side by side, so that a thread finds all of its own with one look; keep it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">More counts than there is room for before the times.</exception>
    /// <exception cref="InvalidOperationException">One of the names was asked for before.</exception>
    public Group GroupOf(IReadOnlyList<string> tallies, IReadOnlyList<string> times)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tallies.Count, Group.FirstTimes);
        var counters = new Stripes(Group.FirstTimes + (times.Count * Buckets.Count));
        foreach (var (index, name) in tallies.Index())
        {
            Claim(_tallies, name, new Tally(counters, index));
        }

        foreach (var (index, name) in times.Index())
        {
            Claim(_times, name, new Times(counters, Group.FirstOf(index)));
        }

        return new Group(counters);

        static void Claim<T>(ConcurrentDictionary<string, T> known, string name, T value)
        {
            if (!known.TryAdd(name, value))
            {
                throw new InvalidOperationException($"'{name}' is recorded already: ask for its group before anything else asks for it.");
            }
        }
    }

    /// <summary>The state of that name; keep it.</summary>
    public State StateOf(string name) => _states.GetOrAdd(name, static _ => new State());

    /// <summary>How much was counted since the start under the names that <paramref name="isOne"/> takes. Who reads claims no name.</summary>
    internal long Total(Func<string, bool> isOne) => _tallies.Where(pair => isOne(pair.Key)).Sum(pair => pair.Value.Total);

    /// <summary>What was seen of each state at the last look.</summary>
    internal IEnumerable<(string Name, double Value)> LastStates() =>
        _states.Where(pair => pair.Value.Any).Select(pair => (pair.Key, pair.Value.Last));

    /// <summary>What there is, to be sent.</summary>
    internal (Dictionary<string, MeasuredTimes> Times, Dictionary<string, MeasuredCount> Counts, Dictionary<string, MeasuredState> States) Read()
    {
        lock (_turning)
        {
            Turn();
            var isWarmUp = IsWarmUp();
            return (
                _times.Select(pair => (pair.Key, Times: pair.Value.Read(isWarmUp))).Where(pair => pair.Times.Total.Length > 0).ToDictionary(pair => pair.Key, pair => pair.Times),
                _tallies.ToDictionary(pair => pair.Key, pair => pair.Value.Read()),
                _states.Where(pair => pair.Value.Any).ToDictionary(pair => pair.Key, pair => pair.Value.Read()));
        }
    }

    /// <summary>The times of all these names in each slice of the window that is over, the oldest first.</summary>
    internal MeasuredSlice[] Slices(IReadOnlyCollection<string> names)
    {
        lock (_turning)
        {
            Turn();
            long[][][] slices = [.. names.Select(name => _times.GetValueOrDefault(name)).OfType<Times>().Select(times => times.Slices)]; // who reads claims no name
            var first = _startedAt.ToUnixTimeSeconds() / SliceSeconds;
            return
            [
                .. Enumerable.Range(1, (int)Math.Min(_turned, SlicesInWindow)).Reverse().Select(back => new MeasuredSlice(
                    (first + _turned - back) * SliceSeconds,
                    [.. slices.Where(known => known.Length >= back).SelectMany(known => known[^back])])),
            ];
        }
    }

    // As many slices as have gone by: who reads seldom gets a window that ends now all the same.
    private void Turn()
    {
        var now = (long)(time.GetElapsedTime(_start).TotalSeconds + (_startedAt.ToUnixTimeMilliseconds() / 1000.0 % SliceSeconds)) / SliceSeconds;
        for (; _turned < now; _turned++)
        {
            if (IsWarmUp())
            {
                foreach (var times in _times.Values)
                {
                    times.Exclude();
                }
            }

            foreach (var ring in _times.Values.Cast<IRing>().Concat(_tallies.Values).Concat(_states.Values))
            {
                ring.Turn(SlicesInWindow);
            }
        }
    }

    // Whether the slice under way began in the warm-up: compilation and first connections are in its times.
    private bool IsWarmUp() =>
        warmUp > TimeSpan.Zero && TimeSpan.FromSeconds(_turned * SliceSeconds) < warmUp + TimeSpan.FromSeconds(_startedAt.ToUnixTimeMilliseconds() / 1000.0 % SliceSeconds);

    private interface IRing
    {
        /// <summary>Begins a slice, and forgets those before the last <paramref name="slices"/>.</summary>
        void Turn(int slices);
    }

    /// <summary>Counts and times that lie side by side.</summary>
    public sealed class Group
    {
        /// <summary>Where the times begin: the counts before them share one line of the processor's cache.</summary>
        internal const int FirstTimes = 8;

        private readonly Stripes _counters;

        internal Group(Stripes counters) => _counters = counters;

        /// <summary>This thread's part of them, to be added to at once and not kept.</summary>
        public Part Mine => new(_counters.Mine);

        internal static int FirstOf(int times) => FirstTimes + (times * Buckets.Count);

        /// <summary>A thread's part of a group.</summary>
        public readonly ref struct Part
        {
            private readonly long[] _counts;

            internal Part(long[] counts) => _counts = counts;

            /// <summary>One more of a count, by its place among the names.</summary>
            public void Add(int tally) => _counts[tally]++;

            /// <summary>One more of a kind of times, by its place among the names.</summary>
            public void Add(int times, TimeSpan duration) => _counts[FirstOf(times) + Buckets.IndexOf(duration)]++;
        }
    }

    /// <summary>How long something takes.</summary>
    public sealed class Times : IRing
    {
        private readonly Stripes _counters;
        private readonly int _first;
        private readonly Queue<long[]> _slices = [];
        private long[] _noted = new long[Buckets.Count];
        private long[] _excluded = new long[Buckets.Count];
        private readonly long[] _forgotten = new long[Buckets.Count];

        internal Times(Stripes counters, int first) => (_counters, _first) = (counters, first);

        internal long[][] Slices => [.. _slices];

        /// <summary>One more.</summary>
        public void Add(TimeSpan duration) => _counters.Mine[_first + Buckets.IndexOf(duration)]++;

        void IRing.Turn(int slices)
        {
            var counts = _counters.Sum(_first, Buckets.Count);
            _slices.Enqueue(Histogram.ToSparse(counts, _noted));
            _noted = counts;
            while (_slices.Count > slices)
            {
                var slice = _slices.Dequeue();
                for (var i = 0; i < slice.Length; i += 2)
                {
                    _forgotten[slice[i]] += slice[i + 1];
                }
            }
        }

        /// <summary>What was recorded until now does not count.</summary>
        internal void Exclude() => _excluded = _counters.Sum(_first, Buckets.Count);

        internal MeasuredTimes Read(bool isWarmUp)
        {
            if (isWarmUp)
            {
                return new MeasuredTimes([], []);
            }

            var counts = _counters.Sum(_first, Buckets.Count);
            var before = new long[Buckets.Count];
            for (var i = 0; i < before.Length; i++)
            {
                before[i] = Math.Max(_excluded[i], _forgotten[i]);
            }

            return new MeasuredTimes(Histogram.ToSparse(counts, before), Histogram.ToSparse(counts, _excluded));
        }
    }

    /// <summary>How often something happens.</summary>
    public sealed class Tally : IRing
    {
        private readonly Stripes _counters;
        private readonly int _index;
        private readonly Queue<long> _slices = [];
        private long _noted;

        internal Tally(Stripes counters, int index) => (_counters, _index) = (counters, index);

        /// <summary>Since the start.</summary>
        public long Total => _counters.Sum(_index, 1)[0];

        /// <summary>So many more.</summary>
        public void Add(long count = 1) => _counters.Mine[_index] += count;

        void IRing.Turn(int slices)
        {
            var count = Total;
            _slices.Enqueue(count - _noted);
            _noted = count;
            Shorten(_slices, slices);
        }

        internal MeasuredCount Read()
        {
            var count = Total;
            return new MeasuredCount(_slices.Sum() + count - _noted, count);
        }
    }

    /// <summary>Something that is looked at now and then.</summary>
    public sealed class State : IRing
    {
        private readonly Lock _gate = new();
        private readonly Queue<MeasuredRange> _slices = [];
        private MeasuredRange _slice;
        private MeasuredRange _total;

        internal bool Any => _total.Samples > 0;

        internal double Last
        {
            get
            {
                lock (_gate)
                {
                    return field;
                }
            }

            private set;
        }

        /// <summary>It is so now.</summary>
        public void Set(double value)
        {
            lock (_gate)
            {
                Last = value;
                var seen = new MeasuredRange(value, value, 1);
                _slice = _slice.With(seen);
                _total = _total.With(seen);
            }
        }

        void IRing.Turn(int slices)
        {
            lock (_gate)
            {
                _slices.Enqueue(_slice);
                _slice = default;
                Shorten(_slices, slices);
            }
        }

        internal MeasuredState Read()
        {
            lock (_gate)
            {
                return new MeasuredState(_slices.Aggregate(_slice, (sum, slice) => sum.With(slice)), _total);
            }
        }
    }

    private static void Shorten<T>(Queue<T> queue, int length)
    {
        while (queue.Count > length)
        {
            queue.Dequeue();
        }
    }
}
