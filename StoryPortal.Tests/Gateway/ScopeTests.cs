using System.Net;
using StoryPortal.Tests.Documentation;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>In Development reading needs no key, and everything else does. Elsewhere: <see cref="Security.AuthorisationTests"/>.</summary>
[Collection(SharedSystem.Name)]
public sealed class ScopeTests(StoryPortalSystem system)
{
    [Fact]
    public async Task Whoever_has_no_key_may_read_and_do_no_more()
    {
        foreach (var operation in (await ApiDescription.OfAsync(system.Hub)).Operations)
        {
            foreach (var client in (HttpClient[])[system.Hub, system.Anonymous])
            {
                var status = await StatusAsync(client, operation);
                var isRead = operation.Scope is "read" or "operations";
                Assert.True(isRead == status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden), $"{operation}: {status}");
            }
        }
    }

    // Of a stream the headers alone.
    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, ApiOperation operation)
    {
        using var request = new HttpRequestMessage(operation.Method, new Uri(operation.PromptAddress(Guid.NewGuid().ToString()), UriKind.Relative));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }
}
