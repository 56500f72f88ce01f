using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Reads the caller of a request.</summary>
public static class CallerExtensions
{
    extension(HttpContext context)
    {
        /// <summary>The authenticated caller; null when the request is anonymous. Unlike <see cref="HttpContext.User"/> it allocates nothing.</summary>
        public CallerIdentity? Caller => context.Features.Get<IHttpAuthenticationFeature>()?.User?.Caller;
    }
}
