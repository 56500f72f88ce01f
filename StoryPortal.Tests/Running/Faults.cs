using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.Tests.Running;

/// <summary>What a test does to the resources of a system.</summary>
internal static class Faults
{
    /// <summary>Executes a command of a resource.</summary>
    public static async Task RunAsync(this StoryPortalSystem system, string name, string command)
    {
        var resource = system.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);
        var result = await system.App.ResourceCommands.ExecuteCommandAsync(resource, command);
        Assert.True(result.Success, $"{command} of {name} failed: {JsonSerializer.Serialize(result)}");
    }
}
