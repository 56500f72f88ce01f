using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;

namespace StoryPortal.Tests.Security;

/// <summary>An open response ends with the credential of its caller.</summary>
public sealed class CredentialRevalidatorTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Source _source = new();
    private readonly KeyVerifier _keys;
    private readonly CredentialRevalidator _credentials;

    public CredentialRevalidatorTests()
    {
        _keys = new KeyVerifier(_source, Options.Create(new SystemKeyOptions()), _time, NullLogger<KeyVerifier>.Instance);
        _credentials = new CredentialRevalidator(_keys, _time);
    }

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task A_token_counts_until_it_expires()
    {
        var caller = new CallerIdentity(AuthenticationSchemes.Jwt, "jwt:ada", "Ada", [Scope.Read]) { ExpiresAt = _time.GetUtcNow().AddMinutes(1) };
        var context = new DefaultHttpContext { User = caller.ToPrincipal() };
        Assert.True(await _credentials.IsValidAsync(context));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await _credentials.IsValidAsync(context));
    }

    [Fact]
    public async Task A_key_counts_until_it_is_revoked()
    {
        var key = ApiKeyFormat.Create();
        _source.Key = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read]);
        var caller = new CallerIdentity(AuthenticationSchemes.ApiKey, _source.Key.Id.ToString(), "reader", [Scope.Read]);
        var context = new DefaultHttpContext { User = caller.ToPrincipal(), Request = { Headers = { ["X-API-Key"] = key } } };
        Assert.True(await _credentials.IsValidAsync(context));
        _source.Key = null;
        _keys.Forget(KeyHash.Of(key));
        Assert.False(await _credentials.IsValidAsync(context));
    }

    [Fact]
    public async Task An_anonymous_caller_has_no_credential_that_could_end() => Assert.True(await _credentials.IsValidAsync(new DefaultHttpContext()));

    private sealed class Source : IKeySource
    {
        public ApiKeyIdentity? Key { get; set; }

        public Task<ApiKeyIdentity?> FindAsync(KeyHash hash, CancellationToken cancellationToken) => Task.FromResult(Key);
    }
}
