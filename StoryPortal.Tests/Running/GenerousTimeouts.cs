namespace StoryPortal.Tests.Running;

/// <summary>
/// Timeouts of the product's processes for tests that are not about them. The defaults fail requests on a machine that is busy with other
/// tests: a query or the lookup of a key after 2 s with 503, a read after 0.5 s with a stale response; a heartbeat 0.5 s late takes the
/// cache out of use. The tests of outages keep the defaults.
/// </summary>
internal static class GenerousTimeouts
{
    // The first lookup of a new process takes seconds on a busy machine; longer ones would make tests without a key store slow.
    private const string LookupTimeout = "00:00:20";

    /// <summary>Environment variables of a hub and of the worker, within the ranges of the settings.</summary>
    public static readonly IReadOnlyDictionary<string, string> Services = new Dictionary<string, string>
    {
        ["Authentication__LookupTimeout"] = LookupTimeout,
        ["Database__ConnectTimeoutSeconds"] = "60",
        ["Database__QuickCommandTimeoutSeconds"] = "60",
        ["Database__CommandTimeoutSeconds"] = "60",
        ["Cache__SoftTimeoutMilliseconds"] = "10000",
        ["Cache__TimeoutMilliseconds"] = "60000",
        ["Cache__AcknowledgementMilliseconds"] = "1000",
        ["Cache__SilenceMilliseconds"] = "30000",
        ["GroupCommit__AnswerWithinSeconds"] = "60",
        ["Batches__WaitSeconds"] = "60",
        ["EventStreams__PatienceSeconds"] = "60",
        ["EventStreams__GiveUpSeconds"] = "60",
    };

    /// <summary>Environment variables of the gateway.</summary>
    public static readonly IReadOnlyDictionary<string, string> Gateway = new Dictionary<string, string>
    {
        ["Authentication__LookupTimeout"] = LookupTimeout,
        ["OutputCache__HeartbeatTimeout"] = "00:00:30",
        ["OutputCache__AcknowledgementTimeout"] = "00:00:01",
        ["Load__TargetLatency"] = "00:01:00", // requests that are slow because the machine is are not shed
        ["Load__MaxConcurrentStreamsPerCaller"] = "5000", // one key opens the streams of all tests
    };
}
