using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Verifies presented keys, and remembers what it found: for a minute, so that a request costs one hash, and a revoked key is refused within that
/// minute (at once where <see cref="Forget"/> is told). A key that was found valid stays so for ten minutes while its source cannot be reached.
/// </summary>
public sealed partial class KeyVerifier(IKeySource source, IOptions<SystemKeyOptions> options, TimeProvider time, ILogger<KeyVerifier> logger) : IDisposable
{
    /// <summary>How long a finding counts.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(60);

    /// <summary>How long a valid key counts while its source cannot be reached.</summary>
    public static readonly TimeSpan Trusted = TimeSpan.FromMinutes(10);

    // From this age on a key in use is verified again beside the requests, so that none of them waits for it.
    private static readonly TimeSpan Ageing = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private const int MostFindings = 10_000;
    private const int MostLookups = 32;

    private readonly ConcurrentDictionary<KeyHash, Finding> _findings = new();
    private readonly ConcurrentDictionary<KeyHash, Task<ApiKeyVerification>> _lookups = new();
    private readonly SemaphoreSlim _turns = new(MostLookups);
    private readonly KeyHash? _adminHash = options.Value.AdminKey.Length > 0 ? KeyHash.Of(options.Value.AdminKey) : null;
    private readonly ApiKeyVerification _admin = new(new ApiKeyIdentity(Guid.Empty, "admin", [Scope.Admin]));
    private long _failedAt = long.MinValue;
    private int _forgotten;

    /// <summary>What is known of <paramref name="presented"/> without asking anybody, or null.</summary>
    public ApiKeyVerification? Recall(ApiKeyCredential presented) =>
        IsAdmin(presented.Hash) ? _admin : !presented.IsWellFormed ? ApiKeyVerification.Unknown : Recall(presented.Hash);

    /// <summary>Verifies <paramref name="presented"/>; asks the source only when nothing fresh is known of it.</summary>
    public ValueTask<ApiKeyVerification> VerifyAsync(ApiKeyCredential presented) =>
        Recall(presented) is { } verdict ? new(verdict) : new(LookUpAsync(presented.Hash));

    /// <summary>Forgets what is known of a key, because it was changed or revoked.</summary>
    public void Forget(KeyHash hash)
    {
        Interlocked.Increment(ref _forgotten);
        _findings.TryRemove(hash, out _);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private bool IsAdmin(KeyHash hash) => _adminHash is { } admin && admin == hash;

    private ApiKeyVerification? Recall(KeyHash hash)
    {
        if (!_findings.TryGetValue(hash, out var finding))
        {
            return null;
        }

        var age = time.GetElapsedTime(finding.At);
        if (age >= Ageing && finding.Verdict.Key is not null)
        {
            _ = LookUpAsync(hash);
        }

        return age < Fresh ? Current(finding.Verdict) : null;
    }

    // One question for each key at a time, whoever asks.
    private Task<ApiKeyVerification> LookUpAsync(KeyHash hash)
    {
        if (_failedAt != long.MinValue && time.GetElapsedTime(_failedAt) < PauseAfterFailure)
        {
            return Task.FromResult(Trust(hash));
        }

        var mine = new TaskCompletionSource<ApiKeyVerification>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = _lookups.GetOrAdd(hash, mine.Task);
        if (asked == mine.Task)
        {
            _ = CompleteAsync(hash, mine); // it is listed before it begins, so it cannot stay listed after it has ended
        }

        return asked;
    }

    private async Task CompleteAsync(KeyHash hash, TaskCompletionSource<ApiKeyVerification> lookup)
    {
        var verdict = await AskAsync(hash);
        _lookups.TryRemove(hash, out _);
        lookup.SetResult(verdict);
    }

    private async Task<ApiKeyVerification> AskAsync(KeyHash hash)
    {
        using var deadline = new CancellationTokenSource(LookupTimeout, time);
        try
        {
            await _turns.WaitAsync(deadline.Token);
            try
            {
                var forgotten = Volatile.Read(ref _forgotten);
                var at = time.GetTimestamp();
                var key = await source.FindAsync(hash, deadline.Token);
                var verdict = key is null ? ApiKeyVerification.Unknown : new ApiKeyVerification(key);
                _failedAt = long.MinValue;
                if (forgotten == Volatile.Read(ref _forgotten))
                {
                    MakeRoom();
                    _findings[hash] = new Finding(verdict, at);
                }

                return Current(verdict);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (Exception exception)
        {
            if (_failedAt == long.MinValue)
            {
                LogUnreachable(exception.Message);
            }

            _failedAt = time.GetTimestamp();
            return Trust(hash);
        }
    }

    private ApiKeyVerification Trust(KeyHash hash) =>
        _findings.TryGetValue(hash, out var finding) && finding.Verdict.Key is not null && time.GetElapsedTime(finding.At) < Trusted
            ? Current(finding.Verdict)
            : ApiKeyVerification.StoreUnavailable;

    private ApiKeyVerification Current(ApiKeyVerification verdict) => verdict.Key?.ExpiresAt <= time.GetUtcNow() ? ApiKeyVerification.Unknown : verdict;

    // Keys that nobody knows must not push out those that are in use.
    private void MakeRoom()
    {
        if (_findings.Count < MostFindings)
        {
            return;
        }

        foreach (var (hash, finding) in _findings)
        {
            if (finding.Verdict.Key is null || time.GetElapsedTime(finding.At) > Trusted)
            {
                _findings.TryRemove(hash, out _);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The key store cannot be reached: keys that are known stay valid for ten minutes. {Reason}")]
    private partial void LogUnreachable(string reason);

    private sealed record Finding(ApiKeyVerification Verdict, long At);
}
