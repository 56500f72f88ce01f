using System.Text.Json.Serialization;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>What a process did with its processor time, by samples of the stacks of its threads.</summary>
public sealed record Profile
{
    /// <summary>Its id, under which its file can be read for ten minutes.</summary>
    public required Guid Id { get; init; }

    /// <summary>The service, such as <c>gateway</c>.</summary>
    public required string Service { get; init; }

    /// <summary>Which of its instances.</summary>
    public required string Instance { get; init; }

    /// <summary>The version it runs.</summary>
    public required string Version { get; init; }

    /// <summary>When sampling began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Seconds for which it was sampled.</summary>
    public required double Seconds { get; init; }

    /// <summary>Milliseconds from one sample of a thread to the next, on average.</summary>
    public required double IntervalMs { get; init; }

    /// <summary>Seconds of processor time that the operating system says the process used meanwhile, that of the profiler included.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>How many samples there are of what.</summary>
    public required ProfileSamples Samples { get; init; }

    /// <summary>The methods in which the process was found running, the most frequent first: 20 at most.</summary>
    public required IReadOnlyList<HotMethod> Methods { get; init; }

    /// <summary>The file with the whole stacks; null where Redis, which keeps it, did not take it.</summary>
    public SpeedscopeFile? Speedscope { get; init; }
}

/// <summary>Samples: of one thread each.</summary>
/// <param name="All">All of them.</param>
/// <param name="Running">Of threads that ran: what <see cref="Profile.Methods"/> counts.</param>
/// <param name="Waiting">Of threads that waited, slept or were idle.</param>
/// <param name="Profiler">Of the profiler's own work.</param>
public sealed record ProfileSamples(long All, long Running, long Waiting, long Profiler);

/// <summary>A method, counted where it was the innermost managed one: without what it called.</summary>
/// <param name="Method">Its full name.</param>
/// <param name="Samples">How often it was found running.</param>
/// <param name="NativeSamples">How many of these were in native code that it had called: a system call, the runtime, a native library. Such code may wait as well.</param>
/// <param name="Percent">Share of all samples of threads that ran, in per cent.</param>
/// <param name="Milliseconds">Samples times interval.</param>
public sealed record HotMethod(string Method, long Samples, long NativeSamples, double Percent, double Milliseconds);

/// <summary>A file for speedscope.app.</summary>
/// <param name="Url">Where it can be read.</param>
/// <param name="Bytes">Its size, compressed.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record SpeedscopeFile(string Url, int Bytes, DateTimeOffset ExpiresAt);

/// <summary>The JSON in which processes send profiles and requests for them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProfileOutcome))]
[JsonSerializable(typeof(ProfileOrder))]
public sealed partial class ProfileJson : JsonSerializerContext;
