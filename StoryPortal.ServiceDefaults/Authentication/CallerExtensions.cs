using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Requests that are part of another.</summary>
public static class CallerExtensions
{
    /// <summary>Makes <paramref name="part"/> a request of whoever sent <paramref name="whole"/>; returns it. The key is not hashed again.</summary>
    public static T OnBehalfOf<T>(this T part, HttpContext whole) where T : HttpContext
    {
        part.Request.Headers[KeyHeaders.Api] = whole.Request.Headers[KeyHeaders.Api];
        part.Request.Headers.Authorization = whole.Request.Headers.Authorization;
        part.Features.Set(whole.Features.Get<PresentedKey.Memory>());
        Verdict.Of(whole)?.RememberFor(part);
        return part;
    }
}
