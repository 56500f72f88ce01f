using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Where the value of a parameter comes from when none is configured.</summary>
public abstract class ParameterDefault
{
    /// <summary>The value.</summary>
    public abstract string GetDefaultValue();
}

/// <summary>A random value.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    /// <summary>How long it is.</summary>
    public int MinLength { get; set; }

    /// <summary>Whether it has lower case letters.</summary>
    public bool Lower { get; set; } = true;

    /// <summary>Whether it has upper case letters.</summary>
    public bool Upper { get; set; } = true;

    /// <summary>Whether it has digits.</summary>
    public bool Numeric { get; set; } = true;

    /// <summary>Whether it has other characters.</summary>
    public bool Special { get; set; } = true;

    /// <inheritdoc />
    public override string GetDefaultValue() => RandomNumberGenerator.GetString(
        (Lower ? "abcdefghjkmnpqrstuvwxyz" : "") + (Upper ? "ABCDEFGHJKMNPQRSTUVWXYZ" : "") + (Numeric ? "0123456789" : "") + (Special ? "-_.{}~()*+!" : ""),
        Math.Max(MinLength, 22));
}

/// <summary>Generates a value once and keeps it in the AppHost's user secrets, from where configuration has it the next time.</summary>
internal sealed class PersistedDefault(IDistributedApplicationBuilder builder, string key, ParameterDefault inner) : ParameterDefault
{
    private static readonly Lock File = new();
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public override string GetDefaultValue()
    {
        var value = inner.GetDefaultValue();
        if (builder.AppHostAssembly?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId is { } id)
        {
            lock (File)
            {
                var path = PathHelper.GetSecretsPathFromSecretsId(id);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var secrets = System.IO.File.Exists(path)
                    ? JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(System.IO.File.ReadAllText(path)) ?? []
                    : [];
                secrets[key] = JsonSerializer.SerializeToElement(value);
                System.IO.File.WriteAllText(path, JsonSerializer.Serialize(secrets, Indented));
            }
        }

        return value;
    }
}
