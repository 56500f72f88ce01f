using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Services;

/// <summary>Reads the caller of a request that changes the registry.</summary>
internal static class RegistryCallerExtensions
{
    extension(HttpContext context)
    {
        /// <summary>The authenticated caller; the authorization policies let no other change the registry.</summary>
        public RegistryCaller RegistryCaller => context.Caller is { } caller
            ? new RegistryCaller(caller.Id, caller.Name, caller.HasScope(Scope.Admin))
            : throw new InvalidOperationException("A change of the registry has no authenticated caller.");
    }
}
