using System.Collections.Concurrent;

namespace StoryPortal.DataLayer.Caching;

/// <summary>Invalidations that other processes have not yet said they have done.</summary>
internal sealed class Acknowledgements
{
    private readonly ConcurrentDictionary<long, Awaited> _awaited = [];

    /// <summary>Begins to listen for the acknowledgements of an invalidation, before it is sent.</summary>
    public Awaited Expect(long number) => _awaited[number] = new Awaited(number, this);

    public void Received(long number, ulong sender)
    {
        if (_awaited.TryGetValue(number, out var awaited))
        {
            awaited.Add(sender);
        }
    }

    /// <summary>The acknowledgements of one invalidation.</summary>
    internal sealed class Awaited(long number, Acknowledgements owner) : IDisposable
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly HashSet<ulong> _senders = [];
        private long _expected = long.MaxValue;

        public void Add(ulong sender) => Change(() => _senders.Add(sender));

        /// <summary>Ends when so many processes have answered.</summary>
        public Task From(long processes)
        {
            Change(() => _expected = processes);
            return _complete.Task;
        }

        public void Dispose() => owner._awaited.TryRemove(number, out _);

        private void Change(Action change)
        {
            lock (_senders)
            {
                change();
                if (_senders.Count >= _expected)
                {
                    _complete.TrySetResult();
                }
            }
        }
    }
}
