using System.Security.Claims;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Reads the caller of a principal.</summary>
public static class ClaimsPrincipalExtensions
{
    extension(ClaimsPrincipal user)
    {
        /// <summary>The identity that the authentication schemes of this system make; null for any other.</summary>
        public CallerIdentity? Caller => user.Identity as CallerIdentity;
    }
}
