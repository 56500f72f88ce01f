using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>How long the result of a verification is cached, and what ends it earlier.</summary>
public sealed class KeyVerifierTests : IDisposable
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromTicks(1);

    // Two addresses of one network of 64 bits, and one of another.
    private static readonly IPAddress Attacker = IPAddress.Parse("2001:db8:0:1::1");
    private static readonly IPAddress Neighbour = IPAddress.Parse("2001:db8:0:1::2");
    private static readonly IPAddress Other = IPAddress.Parse("2001:db8:0:2::1");

    private readonly Source _source = new();
    private readonly ManualTime _time = new();
    private readonly List<KeyVerifier> _verifiers = [];
    private readonly KeyVerifier _keys;
    private readonly string _key = ApiKeyFormat.Create();

    public KeyVerifierTests()
    {
        _keys = Create(new KeyCacheOptions());
        _source.Keys[KeyHash.Of(_key)] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read]);
    }

    public void Dispose() => _verifiers.ForEach(keys => keys.Dispose());

    [Fact]
    public async Task A_key_is_looked_up_once_a_minute()
    {
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
        Assert.Equal(1, _source.Lookups);
    }

    [Fact]
    public async Task A_key_in_use_is_looked_up_again_beside_the_requests()
    {
        var keys = Create(new KeyCacheOptions { ValidTtl = TimeSpan.FromHours(1), EagerRefreshThreshold = 0.0001f });
        await VerifyAsync(keys, _key);
        _source.Hold();
        await Eventually.TrueAsync(() => Task.FromResult(VerifyAsync(keys, _key).AsTask().IsCompletedSuccessfully && _source.Lookups == 2));

        _source.Keys.Clear();
        _source.Release();
        await Eventually.TrueAsync(async () => await VerifyAsync(keys, _key) == ApiKeyVerification.Unknown);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_after_its_lifetime_in_the_cache()
    {
        var keys = Create(new KeyCacheOptions { ValidTtl = TimeSpan.FromSeconds(1) });
        Assert.NotNull((await VerifyAsync(keys, _key)).Key);
        _source.Keys.Clear();
        await Eventually.TrueAsync(async () => await VerifyAsync(keys, _key) == ApiKeyVerification.Unknown);
        Assert.Equal(TimeSpan.FromMinutes(1), new KeyCacheOptions().ValidTtl);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_where_the_revocation_is_received()
    {
        await VerifyAsync(_key);
        _source.Keys.Clear();
        Assert.NotNull((await VerifyAsync(_key)).Key);

        _keys.Forget(KeyHash.Of(_key));
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(_key));
    }

    [Fact]
    public async Task A_lookup_that_began_before_the_revocation_does_not_count()
    {
        _source.Hold();
        var verification = VerifyAsync(_key);
        await Eventually.TrueAsync(() => Task.FromResult(_source.Lookups == 1));
        _source.AfterRead = () =>
        {
            _source.AfterRead = null;
            _source.Keys.Clear();
            _keys.Forget(KeyHash.Of(_key));
        };
        _source.Release();
        Assert.Same(ApiKeyVerification.Unknown, await verification);
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(_key));
    }

    [Fact]
    public async Task A_key_that_is_revoked_while_its_lookup_fails_is_not_accepted()
    {
        var keys = Create(new KeyCacheOptions { ValidTtl = AtOnce });
        await VerifyAsync(keys, _key);
        (_source.IsAway, _source.AfterRead) = (true, () => keys.Forget(KeyHash.Of(_key)));
        Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(keys, _key));
        Assert.Equal(3, _source.Lookups); // the second failed, and what fail-safe had was from before the revocation
    }

    [Fact]
    public async Task A_known_key_stays_valid_while_the_store_is_away_and_an_unknown_one_cannot_be_judged()
    {
        var keys = Create(new KeyCacheOptions { ValidTtl = AtOnce });
        await VerifyAsync(keys, _key);
        _source.IsAway = true;
        Assert.Equal("reader", (await VerifyAsync(keys, _key)).Key?.Name);
        Assert.Equal(2, _source.Lookups);
        Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(keys, ApiKeyFormat.Create()));
    }

    [Fact]
    public async Task A_known_key_stays_valid_for_ten_minutes_and_no_longer()
    {
        Assert.Equal(TimeSpan.FromMinutes(10), new KeyCacheOptions().FailSafeTtl);
        var keys = Create(new KeyCacheOptions { ValidTtl = AtOnce, FailSafeTtl = TimeSpan.FromSeconds(2) });
        await VerifyAsync(keys, _key);
        _source.IsAway = true;
        await Eventually.TrueAsync(async () => await VerifyAsync(keys, _key) == ApiKeyVerification.StoreUnavailable);

        _source.IsAway = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("reader", (await VerifyAsync(keys, _key)).Key?.Name);
    }

    [Fact]
    public async Task While_the_store_is_away_it_is_asked_once_a_second()
    {
        var most = new KeyCacheOptions().MaxFailures;
        _source.IsAway = true;
        for (var i = 0; i < 10; i++)
        {
            Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(ApiKeyFormat.Create()));
        }

        Assert.Equal(most, _source.Lookups);
        for (var i = 0; i < 2; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(ApiKeyFormat.Create()));
            Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(ApiKeyFormat.Create()));
            Assert.Equal(most + 1 + i, _source.Lookups);
        }
    }

    [Fact]
    public async Task A_lookup_that_fails_does_not_pause_those_of_other_keys()
    {
        _source.IsAway = true;
        Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(ApiKeyFormat.Create()));
        _source.IsAway = false;
        Assert.Equal("reader", (await VerifyAsync(_key)).Key?.Name);
    }

    [Fact]
    public async Task A_lookup_that_waited_too_long_for_its_turn_is_no_failure_of_the_store()
    {
        var keys = Create(new KeyCacheOptions { MaxConcurrentLookups = 1, MaxFailures = 1, TurnTimeout = TimeSpan.FromMilliseconds(10) });
        _source.Hold();
        var first = VerifyAsync(keys, ApiKeyFormat.Create()).AsTask();
        Assert.Same(ApiKeyVerification.StoreUnavailable, await VerifyAsync(keys, _key));
        Assert.Equal(1, _source.Lookups);

        _source.Release();
        Assert.Same(ApiKeyVerification.Unknown, await first);
        Assert.Equal("reader", (await VerifyAsync(keys, _key)).Key?.Name);
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_of_one_address_leaves_lookups_to_other_addresses()
    {
        var turns = new KeyCacheOptions { MaxConcurrentLookups = 2, MaxConcurrentLookupsPerAddress = 1 };
        var keys = Create(turns with { TurnTimeout = TimeSpan.FromMinutes(1) });
        _source.Hold();
        var flood = Enumerable.Range(0, 100).Select(_ => VerifyAsync(keys, ApiKeyFormat.Create(), Attacker).AsTask()).ToList();
        var other = VerifyAsync(keys, _key, Other).AsTask();
        Assert.Equal(2, _source.Lookups);
        Assert.Contains(KeyHash.Of(_key), _source.Asked); // one of each address

        _source.Release();
        Assert.Equal("reader", (await other).Key?.Name);
        Assert.All(await Task.WhenAll(flood), verification => Assert.Same(ApiKeyVerification.Unknown, verification));
    }

    [Fact]
    public async Task An_address_with_too_many_unknown_keys_costs_no_further_lookup()
    {
        const int Max = 3;
        var keys = Create(new KeyCacheOptions { MaxUnknownKeysPerAddress = Max, ValidTtl = AtOnce });
        Assert.Equal("reader", (await VerifyAsync(keys, _key, Attacker)).Key?.Name);
        for (var i = 0; i < Max; i++)
        {
            Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(keys, ApiKeyFormat.Create(), Attacker));
        }

        for (var i = 0; i < 10; i++)
        {
            Assert.Same(ApiKeyVerification.TooManyUnknownKeys, await VerifyAsync(keys, ApiKeyFormat.Create(), Neighbour));
        }

        Assert.Equal(1 + Max, _source.Lookups);
        Assert.Equal("reader", (await VerifyAsync(keys, _key, Attacker)).Key?.Name); // it was valid: it is looked up again
        Assert.Equal(2 + Max, _source.Lookups);
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(keys, ApiKeyFormat.Create(), Other));
    }

    [Fact]
    public async Task An_unknown_key_is_looked_up_once_until_its_entry_expires_and_is_never_served_from_an_expired_entry()
    {
        var unknown = ApiKeyFormat.Create();
        for (var i = 0; i < 10; i++)
        {
            Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(unknown));
        }

        Assert.Equal(1, _source.Lookups);

        var keys = Create(new KeyCacheOptions { UnknownTtl = TimeSpan.FromSeconds(1) });
        Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(keys, unknown));
        _source.IsAway = true;
        await Eventually.TrueAsync(async () => await VerifyAsync(keys, unknown) == ApiKeyVerification.StoreUnavailable);
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_neither_fills_the_cache_nor_displaces_a_valid_key()
    {
        const int Max = 1_000;
        var keys = Create(new KeyCacheOptions { MaxUnknownKeys = Max });
        await VerifyAsync(keys, _key);
        for (var i = 0; i < 5 * Max; i++)
        {
            Assert.Same(ApiKeyVerification.Unknown, await VerifyAsync(keys, ApiKeyFormat.Create()));
        }

        Assert.InRange(keys.CachedKeys, 1, Max + 1);
        Assert.NotNull((await VerifyAsync(keys, _key)).Key);
        Assert.Equal(1 + (5 * Max), _source.Lookups);
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

    private KeyVerifier Create(KeyCacheOptions cacheOptions)
    {
        var options = Options.Create(new SystemKeyOptions { AdminKey = "first" });
        _verifiers.Add(new KeyVerifier(_source, options, _time, NullLogger<KeyVerifier>.Instance, cacheOptions));
        return _verifiers[^1];
    }

    private ValueTask<ApiKeyVerification> VerifyAsync(string key) => VerifyAsync(_keys, key);

    private static ValueTask<ApiKeyVerification> VerifyAsync(KeyVerifier keys, string key, IPAddress? address = null) =>
        keys.VerifyAsync(new ApiKeyCredential(key), address);

    private sealed class Source : IKeySource
    {
        private TaskCompletionSource? _held;

        public Dictionary<KeyHash, ApiKeyIdentity> Keys { get; } = [];

        public bool IsAway { get; set; }

        /// <summary>Runs between the read and the return of a lookup.</summary>
        public Action? AfterRead { get; set; }

        /// <summary>The keys that were looked up.</summary>
        public ConcurrentBag<KeyHash> Asked { get; } = [];

        public int Lookups;

        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held!.SetResult();

        public async Task<ApiKeyIdentity?> FindAsync(KeyHash hash, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref Lookups);
            Asked.Add(hash);
            if (_held is not null)
            {
                await _held.Task;
            }

            var key = Keys.GetValueOrDefault(hash);
            AfterRead?.Invoke();
            return IsAway ? throw new HttpRequestException("away") : key;
        }
    }
}
