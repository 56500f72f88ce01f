using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>Profiles this process, once at a time.</summary>
public sealed partial class SelfProfiler
{
    private const int MostMethods = 20;
    private const int Digits = 3;

    private const string Unreachable =
        "The runtime's diagnostics cannot be reached. Let the process start without DOTNET_EnableDiagnostics=0 and DOTNET_EnableDiagnostics_IPC=0, "
        + "and let it write to its folder for temporary files (TMPDIR, /tmp), where the runtime makes a socket: a container whose file system is read-only needs a tmpfs there.";

    private readonly ProfileFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger<SelfProfiler> _logger;
    private int _underWay;

    internal SelfProfiler(ServiceName service, IOptions<RegistrationOptions> registration, ProfileFiles files, TimeProvider time, ILogger<SelfProfiler> logger)
    {
        (Service, Instance) = (service.Value, registration.Value.Id);
        (_files, _time, _logger) = (files, time, logger);
    }

    /// <summary>The service that this process is of.</summary>
    public string Service { get; }

    /// <summary>Which of its instances.</summary>
    public string Instance { get; }

    /// <summary>Samples for so many seconds and keeps the file; then, or when it cannot be, says so.</summary>
    /// <exception cref="OperationCanceledException">Cancelled: sampling has ended, and nothing is kept.</exception>
    public async Task<ProfileOutcome> RunAsync(ProfileOrder order, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _underWay, 1) == 1)
        {
            return new ProfileOutcome(ProfileStatus.UnderWay, $"{Service} {Instance} is being profiled already. Come again when that is done: it takes {ProfileOrder.MostSeconds} s at most.");
        }

        try
        {
            return await SampleAsync(order, cancellationToken);
        }
        catch (DiagnosticsClientException exception)
        {
            LogUnreachable(exception);
            return new ProfileOutcome(ProfileStatus.Unavailable, $"{Service} {Instance} cannot profile itself. {Unreachable}");
        }
        finally
        {
            Volatile.Write(ref _underWay, 0);
        }
    }

    private async Task<ProfileOutcome> SampleAsync(ProfileOrder order, CancellationToken cancellationToken)
    {
        LogBegins(order.Seconds);
        var sampling = await StackSampling.RunAsync(TimeSpan.FromSeconds(order.Seconds), _time, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();

        var profile = ProfileOf(order.Id, sampling);
        var file = Speedscope.Write($"{Service} {Instance}", sampling.Stacks);
        var kept = await _files.StoreAsync(order.Id, file);
        LogEnds(profile.Samples.Running, profile.Samples.All, file.Length);
        return new ProfileOutcome(ProfileStatus.Done, Profile: profile with
        {
            Speedscope = kept is { } until ? new SpeedscopeFile($"/v1/admin/profile/{order.Id}", file.Length, until) : null,
        })
        {
            File = file,
        };
    }

    private Profile ProfileOf(Guid id, Sampling sampling)
    {
        var (running, interval) = (Count(SampleKind.Running), sampling.Rounds == 0 ? 0 : sampling.Elapsed.TotalMilliseconds / sampling.Rounds);
        return new Profile
        {
            Id = id,
            Service = Service,
            Instance = Instance,
            Version = ProcessReadings.Version,
            StartedAt = sampling.StartedAt,
            Seconds = Math.Round(sampling.Elapsed.TotalSeconds, Digits),
            IntervalMs = Math.Round(interval, Digits),
            CpuSeconds = Math.Round(sampling.Used.TotalSeconds, Digits),
            Samples = new ProfileSamples(sampling.Stacks.Sum(stack => (long)stack.Samples), running, Count(SampleKind.Waiting), Count(SampleKind.Profiler)),
            Methods =
            [
                .. sampling.Stacks.Where(stack => stack.Kind == SampleKind.Running)
                    .GroupBy(stack => stack.Leaf, (method, stacks) => (Method: method, Stacks: stacks.ToList()))
                    .Select(found => (found.Method, All: found.Stacks.Sum(stack => (long)stack.Samples), Native: found.Stacks.Where(stack => stack.IsNative).Sum(stack => (long)stack.Samples)))
                    .OrderByDescending(found => found.All).ThenBy(found => found.Method, StringComparer.Ordinal).Take(MostMethods)
                    .Select(found => new HotMethod(found.Method, found.All, found.Native, Math.Round(100.0 * found.All / running, Digits), Math.Round(found.All * interval, Digits))),
            ],
        };

        long Count(SampleKind kind) => sampling.Stacks.Where(stack => stack.Kind == kind).Sum(stack => (long)stack.Samples);
    }

    [LoggerMessage(1, LogLevel.Information, "Profiling this process for {Seconds} s")]
    private partial void LogBegins(int seconds);

    [LoggerMessage(2, LogLevel.Information, "Profiled: {Running} of {All} samples ran, the file has {Bytes} bytes")]
    private partial void LogEnds(long running, long all, int bytes);

    [LoggerMessage(3, LogLevel.Warning, "This process cannot profile itself: " + Unreachable)]
    private partial void LogUnreachable(Exception exception);
}
