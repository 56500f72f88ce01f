using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Tests.Gateway;

/// <summary>How long what is known of a key counts.</summary>
public sealed class KeyVerifierTests : IDisposable
{
    private readonly Source _source = new();
    private readonly ManualTime _time = new();
    private readonly KeyVerifier _keys;
    private readonly string _key = ApiKeyFormat.Create();

    public KeyVerifierTests()
    {
        _keys = new KeyVerifier(_source, Options.Create(new SystemKeyOptions { AdminKey = "first" }), _time, NullLogger<KeyVerifier>.Instance);
        _source.Keys[KeyHash.Of(_key)] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read]);
    }

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task A_key_is_looked_up_once_a_minute()
    {
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
        Assert.Equal(1, _source.Lookups);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_after_a_minute_and_at_once_where_it_is_told()
    {
        await VerifyAsync(_key);
        _source.Keys.Clear();
        Assert.NotNull((await VerifyAsync(_key)).Key);

        _time.Advance(KeyVerifier.Fresh);
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(_key));

        var other = ApiKeyFormat.Create();
        _source.Keys[KeyHash.Of(other)] = new ApiKeyIdentity(Guid.NewGuid(), "other", [Scope.Read]);
        Assert.NotNull((await VerifyAsync(other)).Key);
        _source.Keys.Clear();
        _keys.Forget(KeyHash.Of(other));
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(other));
    }

    [Fact]
    public async Task A_known_key_stays_valid_for_ten_minutes_while_the_store_is_away_and_an_unknown_one_cannot_be_judged()
    {
        await VerifyAsync(_key);
        _source.IsAway = true;
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
        Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(ApiKeyFormat.Create()));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(_key));

        _source.IsAway = false;
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
    }

    [Fact]
    public async Task A_key_that_expires_while_it_is_known_is_refused_at_once()
    {
        _source.Keys[KeyHash.Of(_key)] = new ApiKeyIdentity(Guid.NewGuid(), "brief", [Scope.Read], ExpiresAt: _time.GetUtcNow().AddSeconds(10));
        Assert.NotNull((await VerifyAsync(_key)).Key);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(_key));
    }

    [Fact]
    public async Task Callers_at_the_same_time_cost_one_lookup()
    {
        _source.Hold();
        var verdicts = Enumerable.Range(0, 100).Select(_ => VerifyAsync(_key).AsTask()).ToList();
        _source.Release();
        Assert.All(await Task.WhenAll(verdicts), verdict => Assert.NotNull(verdict.Key));
        Assert.Equal(1, _source.Lookups);
    }

    [Theory]
    [InlineData("")]
    [InlineData("guess")]
    [InlineData("sp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA00000000")]
    public async Task What_cannot_be_a_key_is_refused_without_asking(string presented)
    {
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(presented));
        Assert.Equal(0, _source.Lookups);
    }

    [Fact]
    public async Task The_key_of_the_host_opens_everything_without_asking()
    {
        var key = (await VerifyAsync("first")).Key!;
        Assert.All(Enum.GetValues<Scope>(), scope => Assert.True(key.HasScope(scope)));
        Assert.Equal(0, _source.Lookups);
    }

    [Fact]
    public void A_scope_opens_what_it_names_and_no_more()
    {
        var key = new ApiKeyIdentity(Guid.NewGuid(), "writer", [Scope.Write]);
        Assert.True(key.HasScope(Scope.Write));
        Assert.False(key.HasScope(Scope.Read));
        Assert.False(key.HasScope(Scope.Admin));
    }

    private ValueTask<ApiKeyVerification> VerifyAsync(string key) => _keys.VerifyAsync(new ApiKeyCredential(key));

    private sealed class Source : IKeySource
    {
        private TaskCompletionSource? _held;

        public Dictionary<KeyHash, ApiKeyIdentity> Keys { get; } = [];

        public bool IsAway { get; set; }

        public int Lookups;

        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held!.SetResult();

        public async Task<ApiKeyIdentity?> FindAsync(KeyHash hash, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref Lookups);
            if (_held is not null)
            {
                await _held.Task;
            }

            return IsAway ? throw new HttpRequestException("away") : Keys.GetValueOrDefault(hash);
        }
    }
}
