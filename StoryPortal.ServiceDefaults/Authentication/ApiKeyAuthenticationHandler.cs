using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Authenticates callers by their API key; responds 401, 403, 429 after too many unknown keys and, while the key store is unavailable, 503.
/// </summary>
internal sealed class ApiKeyAuthenticationHandler(
    KeyVerifier keys, ListenOptions listen, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers,
    UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private static readonly AuthenticateResult Unknown = AuthenticateResult.Fail("The API key is not valid.");
    private static readonly AuthenticateResult StoreUnavailable =
        AuthenticateResult.Fail(new CredentialUnverifiableException("The key store does not respond."));

    private static readonly AuthenticateResult Throttled = AuthenticateResult.Fail(new TooManyUnknownKeysException());

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (ApiKeyCredential.From(Context) is not { } credential)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        // The address of a request that a gateway forwards is the gateway's; the gateway has verified the key.
        var verification = keys.VerifyAsync(credential, listen.IsFromGateway(Context) ? null : Context.Connection.RemoteIpAddress);
        return verification.IsCompletedSuccessfully ? Task.FromResult(ResultOf(verification.Result)) : AwaitAsync(verification);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        await (result switch
        {
            { None: true } => AuthenticationProblems.CredentialMissingAsync(Context),
            { Failure: CredentialUnverifiableException } => AuthenticationProblems.CredentialUnverifiableAsync(Context),
            { Failure: TooManyUnknownKeysException } => AuthenticationProblems.TooManyUnknownKeysAsync(Context),
            _ => AuthenticationProblems.KeyInvalidAsync(Context),
        });
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => AuthenticationProblems.ScopeMissingAsync(Context);

    private static async Task<AuthenticateResult> AwaitAsync(ValueTask<ApiKeyVerification> verification) => ResultOf(await verification);

    private static AuthenticateResult ResultOf(ApiKeyVerification verification) =>
        verification.Key?.Result ?? (verification.Unavailable ? StoreUnavailable : verification.Throttled ? Throttled : Unknown);
}
