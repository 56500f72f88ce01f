using System.Diagnostics;
using StoryPortal.Gateway.RequestContext;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// The slot that a request holds, of the gateway and of its caller: one of requests while hub or gateway work on it, one of transfers once
/// it waits for its client, or one of streams.
/// </summary>
internal sealed class RequestSlot(AdaptiveConcurrencyLimiter limiter, bool isStream)
{
    private const int None = 0;
    private const int Request = 1;
    private const int Transfer = 2;
    private const int Stream = 3;

    private CallerLoad? _caller;
    private int _held;
    private bool _isMeasured;
    private long _forwarded;
    private long _responded;

    /// <summary>Whether the request is a stream or a watch.</summary>
    public bool IsStream => isStream;

    /// <summary>The slot of a request.</summary>
    public static RequestSlot Get(HttpContext context) => GatewayRequestContext.Get(context).Slot!;

    /// <summary>Takes a slot; false: there is none.</summary>
    public bool TryAcquire()
    {
        if (!(isStream ? limiter.TryAcquireStream() : limiter.TryAcquire()))
        {
            return false;
        }

        _held = isStream ? Stream : Request;
        return true;
    }

    /// <summary>Counts the slot as one of <paramref name="caller"/>; false: the caller holds its share.</summary>
    public bool TryAssign(CallerLoad caller)
    {
        ref var count = ref CountOf(caller, _held);
        var held = Interlocked.Increment(ref count);
        if (!(isStream ? limiter.PermitsStreams(held) : limiter.TryAssign(held)))
        {
            Interlocked.Decrement(ref count);
            return false;
        }

        _caller = caller;
        return true;
    }

    /// <summary>
    /// Moves the request, which waits for its client, to the transfers; false: there is no room, the request stays what it is.
    /// </summary>
    public bool TryBeginTransfer()
    {
        // Body and response may wait at the same time.
        var held = Interlocked.CompareExchange(ref _held, Transfer, Request);
        if (held != Request)
        {
            return held is Transfer or Stream;
        }

        if (!limiter.TryAcquireTransfer())
        {
            Volatile.Write(ref _held, Request);
            return false;
        }

        if (_caller is { } caller)
        {
            if (!limiter.PermitsTransfers(Interlocked.Increment(ref caller.Transfers)))
            {
                Interlocked.Decrement(ref caller.Transfers);
                limiter.ReleaseTransfer();
                Volatile.Write(ref _held, Request);
                return false;
            }

            Interlocked.Decrement(ref caller.Requests);
            limiter.Unassign();
        }

        limiter.Release(TakeLatency());
        return true;
    }

    /// <summary>
    /// Moves the request, whose body has arrived, back to the requests; false: there is no slot, or the caller holds its share, and the
    /// request stays a transfer.
    /// </summary>
    public bool TryEndTransfer()
    {
        if (_held != Transfer)
        {
            return true;
        }

        if (!limiter.TryAcquire())
        {
            return false;
        }

        if (_caller is { } caller)
        {
            if (!limiter.TryAssign(Interlocked.Increment(ref caller.Requests)))
            {
                Interlocked.Decrement(ref caller.Requests);
                limiter.Release(null);
                return false;
            }

            Interlocked.Decrement(ref caller.Transfers);
        }

        _held = Request;
        limiter.ReleaseTransfer();
        return true;
    }

    /// <summary>Begins to measure the hub's time.</summary>
    /// <param name="isMeasure">Whether it is a measure of the hubs' load: of a request with a body its sender decides.</param>
    public void BeginForwarding(bool isMeasure)
    {
        (_isMeasured, _forwarded) = (isMeasure, Stopwatch.GetTimestamp());
        if (isMeasure)
        {
            limiter.BeginMeasure();
        }
    }

    /// <summary>Ends the hub's time: the first bytes of the response are there.</summary>
    public void OnResponse()
    {
        if (_isMeasured && _responded == 0)
        {
            _responded = Stopwatch.GetTimestamp();
            limiter.EndMeasure();
        }
    }

    /// <summary>Releases what is held. A request without a response body ends the hub's time with it.</summary>
    public void Release()
    {
        var held = Interlocked.Exchange(ref _held, None);
        if (_caller is { } caller && held != None)
        {
            Interlocked.Decrement(ref CountOf(caller, held));
            if (held == Request)
            {
                limiter.Unassign();
            }
        }

        switch (held)
        {
            case Request:
                limiter.Release(TakeLatency());
                break;
            case Transfer:
                limiter.ReleaseTransfer();
                break;
            case Stream:
                limiter.ReleaseStream();
                break;
        }
    }

    private static ref int CountOf(CallerLoad caller, int held)
    {
        switch (held)
        {
            case Stream:
                return ref caller.Streams;
            case Transfer:
                return ref caller.Transfers;
            default:
                return ref caller.Requests;
        }
    }

    private TimeSpan? TakeLatency()
    {
        if (!_isMeasured)
        {
            return null;
        }

        _isMeasured = false;
        if (_responded > 0)
        {
            return Stopwatch.GetElapsedTime(_forwarded, _responded);
        }

        limiter.EndMeasure();
        return Stopwatch.GetElapsedTime(_forwarded);
    }
}
