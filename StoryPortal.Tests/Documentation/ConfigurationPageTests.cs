using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using StoryPortal.DataLayer.Database;
using StoryPortal.Gateway.Load;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceHub.Http;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Documentation;

/// <summary>docs/configuration.md has each setting of each process, with its default and what is allowed.</summary>
public sealed partial class ConfigurationPageTests
{
    private static readonly Assembly[] Assemblies =
        [typeof(ListenOptions).Assembly, typeof(DatabaseOptions).Assembly, typeof(BatchOptions).Assembly, typeof(LoadOptions).Assembly];

    [Fact]
    public async Task The_page_says_of_each_setting_what_the_code_does()
    {
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "configuration.md"));
        var described = Row().Matches(page).Select(row => string.Join(" | ", row.Groups.Values.Skip(1).Select(cell => cell.Value.Trim())));

        Assert.Equal(Settings().Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    // "Load:ConcurrentRequests | 1000 | 1 to 100000", of every class that names its section.
    private static IEnumerable<string> Settings() =>
        from type in Assemblies.SelectMany(assembly => assembly.GetTypes())
        let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static)
        where section is { IsLiteral: true }
        let defaults = Activator.CreateInstance(type)
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        select $"{section.GetRawConstantValue()}:{property.Name} | {Text(property.GetValue(defaults))} | {Allowed(property)}";

    private static string Text(object? value) => value switch
    {
        null or "" or ICollection { Count: 0 } => "none",
        string text => $"`{text}`",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Allowed(PropertyInfo property) => property.GetCustomAttribute<RangeAttribute>() is { } range
        ? string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}")
        : "";

    [GeneratedRegex(@"^\| `(\w+(?::\w+)+)` \| ([^|]*) \| ([^|]*) \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
