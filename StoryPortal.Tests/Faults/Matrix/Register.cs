using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>An agent that one caller writes, a number higher each time, and that others read: they may read nothing that was replaced, and nothing that was never there.</summary>
internal sealed class Register(Guid id)
{
    // What another hub may be behind while Redis is away, and does not know it yet: half a second without its own beat, then a second (ADR 3); and this machine is busy.
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(2.5);

    private readonly Lock _gate = new();
    private readonly List<(int Number, long At)> _acknowledged = [];
    private int _sent;

    public Guid Id => id;

    /// <summary>The body of the next write: the number in two places, which are one in the database.</summary>
    public (int Number, string Json) Next()
    {
        var number = Interlocked.Increment(ref _sent);
        return (number, Body(number));
    }

    public static string Body(int number) => $$$"""{"name": "{{{number}}}", "metadata": {"number": {{{number}}}} }""";

    public void Acknowledge(int number)
    {
        lock (_gate)
        {
            _acknowledged.Add((number, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>What is wrong with an answer, or null.</summary>
    /// <param name="agent">The answer.</param>
    /// <param name="isStale">Whether it says that it may be stale.</param>
    /// <param name="asked">When it was asked for.</param>
    public Finding? Judge(JsonElement agent, bool isStale, long asked)
    {
        var number = int.Parse(agent.GetProperty("name").GetString()!, CultureInfo.InvariantCulture);
        if (agent.GetProperty("metadata").GetProperty("number").GetInt32() != number || number > Volatile.Read(ref _sent))
        {
            return new Finding(FindingKind.Torn, $"{agent.GetRawText()} was never written.");
        }

        lock (_gate)
        {
            var known = _acknowledged.LastOrDefault(write => Stopwatch.GetElapsedTime(write.At, asked) > Behind);

            // A write that nobody acknowledged may be done late, when its server wakes up.
            return !isStale && number < known.Number && _acknowledged.Exists(write => write.Number == number)
                ? new Finding(FindingKind.Wrong, $"read {number}, and {known.Number} had been acknowledged {Stopwatch.GetElapsedTime(known.At, asked).TotalMilliseconds:0} ms before it was asked for.")
                : null;
        }
    }
}

/// <summary>What may never happen.</summary>
internal enum FindingKind
{
    /// <summary>An acknowledged write is not there.</summary>
    Lost,

    /// <summary>A write is there twice.</summary>
    Duplicate,

    /// <summary>A read of what was replaced longer ago than a hub may be behind.</summary>
    Wrong,

    /// <summary>A read of what never was, or of half a batch.</summary>
    Torn,

    /// <summary>A refusal that does not say what is wrong and when to come again.</summary>
    Unexplained,
}

/// <summary>One case of it.</summary>
internal sealed record Finding(FindingKind Kind, string What);
