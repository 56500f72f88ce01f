using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using StoryPortal.Tests.Documentation;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>SQL in every text that any operation takes is a text like any other: stored and given back as it is, or refused.</summary>
[Collection(SharedSystem.Name)]
public sealed class SqlInjectionTests(SharedProduction production) : IClassFixture<SharedProduction>
{
    private const string SchemaNow = """
        SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
            SELECT table_name || ' ' || column_name || ' ' || data_type AS line FROM information_schema.columns WHERE table_schema = 'mcp_documents'
            UNION ALL SELECT rolname || ' ' || rolsuper::text FROM pg_roles
            UNION ALL SELECT proname || ' ' || md5(prosrc) FROM pg_proc WHERE pronamespace = 'mcp_documents'::regnamespace) lines
        """;

    private readonly ProductionSystem _system = production.System;

    [Theory]
    [InlineData("'; DROP TABLE mcp_documents.events; --")]
    [InlineData("' OR '1'='1")]
    [InlineData("x' UNION SELECT key_hash::text FROM mcp_documents.api_keys --")]
    [InlineData("\\'; ALTER ROLE postgres NOLOGIN; --")]
    [InlineData("$$; TRUNCATE mcp_documents.agents; $$")]
    [InlineData("${jndi:ldap://127.0.0.1:1/a}")]
    [InlineData("%' ESCAPE '!' -- _")]
    public async Task Sql_is_text(string sql)
    {
        var before = await _system.Database.TextsAsync(SchemaNow);
        var operations = (await ApiDescription.OfAsync(_system.Hub)).Operations;
        foreach (var operation in operations)
        {
            await AsParametersAsync(operation, sql); // as long as nothing is stored that would be found by it
        }

        foreach (var (operation, body) in operations.SelectMany(operation => operation.Bodies.Where(body => body.Example.ValueKind == JsonValueKind.Object).Select(body => (operation, body))))
        {
            await AsFieldsAsync(operation, body, sql);
        }

        Assert.Equal(before, await _system.Database.TextsAsync(SchemaNow));
    }

    // A filter that no row matches, a name that nobody has, or no value at all. A search finds what is similar, and a watch tells its index.
    private async Task AsParametersAsync(ApiOperation operation, string sql)
    {
        var value = Uri.EscapeDataString(sql);
        var queries = operation.Parameters.Where(parameter => parameter.In == "query").Select(parameter => $"{operation.Address(Guid.NewGuid().ToString())}?{parameter.Name}={value}");
        string[] addresses = operation.Path.Contains('{', StringComparison.Ordinal) ? [.. queries, operation.Address(value)] : [.. queries];
        foreach (var address in addresses)
        {
            using var request = new HttpRequestMessage(operation.Method, new Uri(address, UriKind.Relative));
            request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
            using var response = await _system.Gateway.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.IsSuccessStatusCode && !operation.IsStream && operation.Path is not ("/v1/services/watch" or "/v1/services/search"))
            {
                Assert.Contains(await response.Content.ReadAsStringAsync(), (string[])["", "[]"]);
            }
            else
            {
                Assert.True(response.StatusCode < HttpStatusCode.InternalServerError, $"{operation.Method} {address}: {response.StatusCode}");
            }
        }
    }

    private async Task AsFieldsAsync(ApiOperation operation, ApiBody body, string sql)
    {
        foreach (var field in body.Example.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.String).Select(property => property.Name))
        {
            var sent = JsonNode.Parse(body.Example.GetRawText())!.AsObject();
            sent.Remove("id"); // each time another one
            sent[field] = sql;
            using var request = new HttpRequestMessage(operation.Method, new Uri(operation.Address(Guid.NewGuid().ToString()), UriKind.Relative)) { Content = Answers.Json(sent.ToJsonString()) };
            request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
            using var response = await _system.Gateway.Anonymous.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            if (response.IsSuccessStatusCode)
            {
                var answer = JsonElement.Parse(text);
                Assert.True(!answer.TryGetProperty(field, out var stored) || stored.GetString() == sql, $"{operation}, {field}: {text}");
            }
            else
            {
                Assert.True(response.StatusCode < HttpStatusCode.InternalServerError, $"{operation}, {field}: {text}");
            }
        }
    }
}
