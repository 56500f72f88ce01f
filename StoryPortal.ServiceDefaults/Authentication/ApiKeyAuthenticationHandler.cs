using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Authenticates callers by their API key; responds 401, 403 and, while the key store is unavailable, 503.</summary>
internal sealed class ApiKeyAuthenticationHandler(
    KeyVerifier keys, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private static readonly AuthenticateResult Unknown = AuthenticateResult.Fail("The API key is not valid.");
    private static readonly AuthenticateResult StoreUnavailable = AuthenticateResult.Fail(new CredentialUnverifiableException("The key store does not respond."));

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (ApiKeyCredential.From(Context) is not { } credential)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var verification = keys.VerifyAsync(credential);
        return verification.IsCompletedSuccessfully ? Task.FromResult(ResultOf(verification.Result)) : AwaitAsync(verification);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        await (result switch
        {
            { None: true } => AuthenticationProblems.CredentialMissingAsync(Context),
            { Failure: CredentialUnverifiableException } => AuthenticationProblems.CredentialUnverifiableAsync(Context),
            _ => AuthenticationProblems.KeyInvalidAsync(Context),
        });
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => AuthenticationProblems.ScopeMissingAsync(Context);

    private static async Task<AuthenticateResult> AwaitAsync(ValueTask<ApiKeyVerification> verification) => ResultOf(await verification);

    private static AuthenticateResult ResultOf(ApiKeyVerification verification) =>
        verification.Key?.Result ?? (verification.Unavailable ? StoreUnavailable : Unknown);
}
