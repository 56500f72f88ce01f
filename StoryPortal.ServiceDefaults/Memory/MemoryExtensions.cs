using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.ServiceDefaults.Memory;

internal static class MemoryExtensions
{
    /// <summary>Gives memory back that is not needed any more.</summary>
    public static void AddMemoryReturn(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<MemoryOptions>().Bind(builder.Configuration.GetSection(MemoryOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddHostedService<MemoryReturn>();
    }
}
