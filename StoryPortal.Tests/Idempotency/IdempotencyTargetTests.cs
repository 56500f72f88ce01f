using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.Tests.Idempotency;

/// <summary>Which targets of requests are the same for an <c>Idempotency-Key</c>.</summary>
public sealed class IdempotencyTargetTests
{
    [Theory]
    [InlineData("/v1/models/gpt-x", "/v1/models/gpt-x")]
    [InlineData("/V1/Models/gpt-x/", "/v1/models/gpt-x")] // routing ignores the case of the route's own text
    [InlineData("/v1/models/GPT-X", "/v1/models/GPT-X")] // and not the case of an id
    [InlineData("/v1/models/a%2Fb", "/v1/models/a%252Fb")]
    [InlineData("/v1/models/x?Mode=A", "/v1/models/x?Mode=A")]
    public async Task The_case_of_an_id_counts_and_the_case_of_the_route_does_not(string sent, string expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        await using var app = builder.Build();
        string? target = null;
        app.UseRouting();
        app.MapPost("/v1/models/{id}", () => { });
        app.Run(context =>
        {
            target = IdempotencyFilter.TargetOf(context);
            return Task.CompletedTask;
        });
        var pipeline = ((IApplicationBuilder)app).Build();
        var url = sent.Split('?');
        var http = new DefaultHttpContext { RequestServices = app.Services };
        (http.Request.Method, http.Request.Path) = ("POST", url[0]);
        http.Request.QueryString = new QueryString(url.Length > 1 ? $"?{url[1]}" : "");
        await pipeline(http);
        Assert.Equal(expected, target);
    }
}
