using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Documentation;

/// <summary>The requests of docs/story-portal.http, sent as an editor would, are answered as the file says.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class RequestFileTests(StoryPortalSystem system)
{
    [Fact]
    public async Task Every_request_of_the_file_is_answered_with_the_status_beside_it()
    {
        var text = (await File.ReadAllTextAsync(Repository.PathOf("docs", "story-portal.http"))).ReplaceLineEndings("\n");
        var variables = Variable().Matches(text).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value);
        variables["host"] = system.Anonymous.BaseAddress!.ToString().TrimEnd('/');
        Assert.Equal("{{$processEnv ADMIN_KEY}}", variables["key"]);
        variables["key"] = StoryPortalSystem.AdminKey;

        var requests = text.Split("\n### ")[1..];
        Assert.True(requests.Length > 20);
        foreach (var request in requests)
        {
            var (title, statuses) = (Title().Match(request).Groups["title"].Value, Title().Match(request).Groups["status"].Value.Split('|'));
            using var message = Parse(Reference().Replace(request, match => variables[match.Groups["name"].Value]));
            using var response = await system.Anonymous.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
            var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            Assert.True(statuses.Contains(status), $"{title}: {status}");
        }
    }

    private static HttpRequestMessage Parse(string request)
    {
        var (head, body) = request.Split("\n\n", 2) is [var before, var after] ? (before, after.Trim()) : (request, "");
        var lines = head.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        var (method, address) = lines[0].Split(' ', 2) is [var first, var second] ? (first, second) : throw new FormatException(head);
        var message = new HttpRequestMessage(HttpMethod.Parse(method), address);
        if (body.Length > 0)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        foreach (var (name, value) in lines[1..].Select(line => line.Split(": ", 2)).Select(header => (header[0], header[1])))
        {
            if (name == "Content-Type")
            {
                message.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
            else
            {
                message.Headers.Add(name, value);
            }
        }

        return message;
    }

    [GeneratedRegex("^@(?<name>\\w+) = (?<value>.+)$", RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex("\\{\\{(?<name>\\w+)\\}\\}")]
    private static partial Regex Reference();

    [GeneratedRegex("^(?<title>[^\n]+): (?<status>[0-9|]+)\n")]
    private static partial Regex Title();
}
