using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Lets callers in by their key, <c>X-API-Key</c> or <c>Authorization: Bearer</c>, where the key has the scope that the request takes
/// (<see cref="RequiredScope"/>). Development takes reads without a key. The gateway and the hub both ask here.
/// </summary>
public sealed class ScopeMiddleware(RequestDelegate next, KeyVerifier keys, IHostEnvironment environment)
{
    private readonly bool _anonymousReads = environment.IsDevelopment();

    /// <summary>Lets the request through, or answers 401, 403, or 503 where nobody can say whether the key is valid.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var required = RequiredScope.Of(context).Scope;
        var presented = PresentedKey.Of(context);
        if (presented is null)
        {
            return required is null || (required == Scope.Read && _anonymousReads) ? next(context) : Refusals.KeyMissingAsync(context);
        }

        // Who knows the verdict already, says so: a key is hashed once for each request.
        if (Verdict.Of(context) is { } known)
        {
            return JudgeAsync(context, known, required);
        }

        var verdict = keys.VerifyAsync(presented);
        return verdict.IsCompletedSuccessfully ? JudgeAsync(context, verdict.Result, required) : WaitAsync(context, verdict, required);
    }

    private async Task WaitAsync(HttpContext context, ValueTask<Verdict> verdict, Scope? required) => await JudgeAsync(context, await verdict, required);

    private Task JudgeAsync(HttpContext context, Verdict verdict, Scope? required)
    {
        if (verdict.Key is { } key)
        {
            if (required is { } scope && !key.Opens(scope))
            {
                return Refusals.ScopeMissingAsync(context, scope);
            }

            verdict.RememberFor(context);
            return next(context);
        }

        return verdict.Unavailable ? Refusals.KeyUnavailableAsync(context) : Refusals.KeyUnknownAsync(context);
    }
}
