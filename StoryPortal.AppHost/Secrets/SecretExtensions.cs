using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Secrets;

/// <summary>Adds the secrets of the system.</summary>
public static class SecretExtensions
{
    /// <summary>Adds a generated secret: one value for the life of the data in run mode, a generated default when published.</summary>
    /// <remarks><c>Parameters:&lt;name&gt;</c> in the configuration wins over the stored value.</remarks>
    public static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name)
    {
        var key = $"Parameters:{name}";
        if (builder.ExecutionContext.IsRunMode && string.IsNullOrEmpty(builder.Configuration[key]))
        {
            builder.Configuration[key] = SecretStore.GetOrCreate(DataDirectory.Of(builder).Secrets, name);
        }

        return builder.AddParameter(name, new GenerateParameterDefault { MinLength = SecretStore.Length, Special = false }, secret: true);
    }
}
