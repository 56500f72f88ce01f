using Microsoft.Extensions.Options;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>
/// Requests that are answered and not logged yet. Adding one never waits: when there is no room it is dropped, and counted. They wait as bytes:
/// as objects each would live through several collections, which cost the requests more than all the rest of the log.
/// </summary>
internal sealed class RequestLogQueue(IOptions<RequestLogOptions> options, GatewayMetrics metrics) : IDisposable
{
    [ThreadStatic]
    private static RequestLogLine? t_line;

    private readonly RequestLogOptions _options = options.Value;
    private readonly Lock _gate = new();
    private readonly Queue<RequestLogBatch> _full = new();
    private readonly Stack<RequestLogBatch> _spare = new();
    private readonly SemaphoreSlim _notEmpty = new(0);
    private RequestLogBatch _open = new();
    private int _waiting;
    private bool _isClosed;

    /// <summary>How many requests wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Adds a request whose answer is complete.</summary>
    public void Add(GatewayRequestContext request)
    {
        if (_options.Enabled && !IsProbe(request.Path) && !TryAdd(request))
        {
            metrics.Dropped(1);
        }
    }

    /// <summary>Waits until requests wait.</summary>
    public Task NotEmptyAsync(CancellationToken cancellationToken) => _notEmpty.WaitAsync(cancellationToken);

    /// <summary>Takes those that wait longest, a batch of them; null: none waits.</summary>
    public RequestLogBatch? Take()
    {
        lock (_gate)
        {
            if (!_full.TryDequeue(out var batch))
            {
                if (_open.Count == 0)
                {
                    return null;
                }

                (batch, _open) = (_open, _spare.TryPop(out var spare) ? spare : new RequestLogBatch());
            }

            _waiting -= batch.Count;
            return batch;
        }
    }

    /// <summary>Gives back the memory of a batch that nobody reads any more.</summary>
    public void Return(RequestLogBatch batch)
    {
        batch.Clear();
        lock (_gate)
        {
            _spare.Push(batch);
        }
    }

    /// <summary>Takes no more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    public void Dispose() => _notEmpty.Dispose();

    private bool TryAdd(GatewayRequestContext request)
    {
        if (Waiting >= _options.Capacity)
        {
            return false; // without writing it first
        }

        var line = (t_line ??= new RequestLogLine()).Write(request);
        lock (_gate)
        {
            if (_isClosed || _waiting >= _options.Capacity)
            {
                return false;
            }

            if (_open.Count == _options.BatchSize)
            {
                _full.Enqueue(_open);
                _open = _spare.TryPop(out var spare) ? spare : new RequestLogBatch();
            }

            _open.Add(line);
            if (_waiting++ == 0)
            {
                _notEmpty.Release();
            }

            return true;
        }
    }

    private static bool IsProbe(string path) => path.StartsWith("/health", StringComparison.Ordinal) || path is "/alive" or "/metrics";
}
