using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Authentication;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Tests.Gateway;

/// <summary>Who is let in, where, and with what.</summary>
public sealed class ApiKeyTests
{
    private const string Key = "admin";

    [Theory]
    [InlineData("Production", "GET", "/v1/agents", null, false)]
    [InlineData("Production", "GET", "/v1/agents", "wrong", false)]
    [InlineData("Production", "GET", "/v1/agents", Key, true)]
    [InlineData("Production", "POST", "/v1/agents", Key, true)]
    [InlineData("Production", "GET", "/", null, true)]
    [InlineData("Production", "GET", "/docs", null, true)]
    [InlineData("Production", "GET", "/openapi/v1.json", null, true)]
    [InlineData("Production", "POST", "/docs", null, false)]
    [InlineData("Production", "GET", "/docsandmore", null, false)]
    [InlineData("Development", "GET", "/v1/agents", null, true)]
    [InlineData("Development", "DELETE", "/v1/agents/1", null, false)]
    [InlineData("Development", "GET", "/v1/agents", "wrong", false)]
    public async Task Outside_development_everything_but_the_documents_needs_a_key(string environment, string method, string path, string? key, bool isLetIn)
    {
        Assert.Equal(isLetIn, await IsLetInAsync(Key, environment, method, path, key));
    }

    [Fact]
    public async Task Where_no_key_is_configured_none_fits()
    {
        Assert.False(await IsLetInAsync("", "Production", "GET", "/v1/agents", ""));
        Assert.False(await IsLetInAsync("", "Production", "GET", "/v1/agents", "anything"));
    }

    private static async Task<bool> IsLetInAsync(string configured, string environment, string method, string path, string? presented)
    {
        var letIn = false;
        var middleware = new ApiKeyMiddleware(
            _ =>
            {
                letIn = true;
                return Task.CompletedTask;
            },
            Options.Create(new AuthenticationOptions { AdminKey = configured }),
            new HostingEnvironment { EnvironmentName = environment });

        await using var services = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services };
        (context.Request.Method, context.Request.Path) = (method, path);
        if (presented is not null)
        {
            context.Request.Headers["X-API-Key"] = presented;
        }

        await middleware.InvokeAsync(context);
        Assert.Equal(letIn ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized, context.Response.StatusCode);
        return letIn;
    }
}
