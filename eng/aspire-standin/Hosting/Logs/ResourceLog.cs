using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.StandIn;

/// <summary>Forwards what a resource writes, to the console or in tests to a logger, and remembers the last lines.</summary>
internal sealed partial class ResourceLog(string name, ILogger? logger) : ILogger
{
    private const int Remembered = 50;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lastLines = new();

    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lastLines];
            }
        }
    }

    public void Remember(string line)
    {
        lock (_gate)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > Remembered)
            {
                _lastLines.Dequeue();
            }
        }
    }

    public void Write(string line)
    {
        Remember(line);
        if (logger is null)
        {
            Console.WriteLine($"[{name}] {line}");
        }
        else
        {
            LogLine(logger, line);
        }
    }

    public void Forget()
    {
        lock (_gate)
        {
            _lastLines.Clear();
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Write(exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}");

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Line}")]
    private static partial void LogLine(ILogger logger, string line);
}
